import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settersOf } from '../../src/images/setters.ts'
import { messageData, updated } from '../../src/images/update.ts'
import type { CommitMessage } from '../../src/kinds/commit-message.ts'
import { verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'
import { unending } from '../support/unending.ts'
import { marker } from './policies.ts'
import { treeIn } from './tree.ts'

const kernel = testKernel()
const setters = settersOf([{ namespace: 'test-ns', name: 'policy1', image: { name: 'helloworld', tag: '1.0.1' } }])
const tree = treeIn({
  'deploy.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: test\nimage: helloworld:1.0.0 ${marker('test-ns:policy1')}\n`,
})

async function message(template: string, values: CommitMessage['values'] = {}): Promise<string> {
  const { changes } = await updated(tree, '', setters)
  return kernel.commitMessage(
    { template, automation: { namespace: 'test-ns', name: 'test-update' }, ...messageData(changes), values },
    unending,
  )
}

verifies('images/S-16', 'a template lists what changed by files and objects', async () => {
  const template = `Automation: {{ .AutomationObject }}
{{ range $file, $objects := .Changed.FileChanges -}}
- File: {{ $file }}
{{ range $object, $changes := $objects -}}
{{ "  " }}- Object: {{ $object.Kind }}/{{ $object.Namespace }}/{{ $object.Name }}
{{ range $changes -}}
{{ "    " }}- {{ .OldValue }} -> {{ .NewValue }}
{{ end }}{{ end }}{{ end }}`
  assert.equal(
    await message(template),
    'Automation: test-ns/test-update\n- File: deploy.yaml\n  - Object: Deployment//test\n    - helloworld:1.0.0 -> helloworld:1.0.1\n',
  )
})

verifies('images/S-17', 'a template sees the values of the spec', async () => {
  const template = 'Cluster: {{ index .Values "cluster" }}\nTesting: {{ .Values.testing }}'
  assert.equal(await message(template, { cluster: 'prod', testing: 'value' }), 'Cluster: prod\nTesting: value')
})

const templates: [says: string, template: string, message: string][] = [
  [
    'objects and changes without their files',
    '{{ range $o, $c := .Changed.Objects }}{{ $o.APIVersion }} {{ range $c }}{{ .Setter }}{{ end }}{{ end }}{{ len .Changed.Changes }}',
    'apps/v1 test-ns:policy11',
  ],
  [
    'the model of before',
    '{{ range .Updated.Images }}{{ . }} {{ .Registry }} {{ .Repository }} {{ .Identifier }} {{ .Name }} {{ .Policy.Name }}{{ end }}',
    'helloworld:1.0.1 index.docker.io library/helloworld 1.0.1 index.docker.io/library/helloworld:1.0.1 policy1',
  ],
  ['functions of sprig', '{{ "a b" | upper | replace " " "-" | trunc 3 }}', 'A-B'],
  ['an object as it is printed', '{{ range $o, $_ := .Changed.Objects }}{{ $o }}{{ end }}', '{{{apps/v1 Deployment} {test }}}'],
]
for (const [says, template, text] of templates) test(`a template sees ${says}`, async () => assert.equal(await message(template), text))

const failures: [says: string, template: string, error: RegExp][] = [
  ['that is malformed', '{{ .Values', /^unable to create commit message template from spec: template: commit message:1: unclosed action$/],
  [
    'that asks for the environment',
    '{{ env "HOME" }}',
    /^unable to create commit message template from spec: .* function "env" not defined$/,
  ],
  ['that asks for what is not there', '{{ .Nothing }}', /^failed to run template from spec: .*can't evaluate field Nothing/],
  ['that grows without end', '{{ range until 100000 }}{{ repeat 1000 "x" }}{{ end }}', /larger than 1 MiB/],
]
for (const [says, template, error] of failures)
  test(`a template ${says} is refused`, async () => {
    await assert.rejects(message(template), { code: 'TEMPLATE_INVALID', message: error })
  })
