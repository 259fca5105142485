/**
 * How a reference program is obtained. `main` absent: the package `target` is built. `requires`: further modules with their versions.
 * `replaceStaging`: the version that stands in for the staging modules of Kubernetes. `repeatsReplaces`: the module's own `replace` lines
 * hold for us too; `replaces`: more of them. `placeholder`: a file that the module embeds and lacks; a copy of the module is built with an
 * empty one. `bundle`: a program for Node with all that it depends on in one file; `absent` are optional packages that it can do without.
 */
export type Recipe =
  | {
      readonly how: 'go'
      readonly module: string
      readonly version: string
      readonly target: string
      readonly main?: string
      readonly requires?: readonly string[]
      readonly replaceStaging?: string
      readonly repeatsReplaces?: boolean
      readonly replaces?: readonly string[]
      readonly placeholder?: string
    }
  | { readonly how: 'debian'; readonly package: string; readonly binary: string }
  | { readonly how: 'npm'; readonly package: string; readonly version: string; readonly binary: string }
  | {
      readonly how: 'bundle'
      readonly package: string
      readonly version: string
      readonly entry: string
      readonly absent: readonly string[]
    }

export interface Program {
  readonly name: string
  readonly required: boolean
  /** Rough minutes of a cold build on two cores. */
  readonly minutes: number
  readonly recipe: Recipe
}

const kubectlMain = `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
`

const registryMain = `package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(os.Stderr, "", 0)))))
}
`

/** Signs as the notation CLI does, which is no Go module of its own: `notation REF KEY CHAIN jws|cose [EXPIRY]`, over plain HTTP. */
const notationMain = `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/notaryproject/notation-core-go/signature/cose"
	"github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"oras.land/oras-go/v2/registry/remote"
)

func main() {
	args := os.Args[1:]
	repo, err := remote.NewRepository(args[0])
	check(err)
	repo.PlainHTTP = true
	by, err := signer.NewFromFiles(args[1], args[2])
	check(err)
	options := notation.SignOptions{ArtifactReference: args[0]}
	options.SignatureMediaType = map[string]string{"jws": jws.MediaTypeEnvelope, "cose": cose.MediaTypeEnvelope}[args[3]]
	if len(args) > 4 {
		options.ExpiryDuration, err = time.ParseDuration(args[4])
		check(err)
	}
	signed, err := notation.Sign(context.Background(), by, registry.NewRepository(repo), options)
	check(err)
	fmt.Println(signed.Digest)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
`

function cosign(name: string, module: string, version: string): Program {
  return { name, required: false, minutes: 6, recipe: { how: 'go', module, version, target: `${module}/cmd/cosign` } }
}

function fluxController(name: string, replaces: readonly string[] = []): Program {
  const module = `github.com/fluxcd/${name}`
  const recipe: Recipe = {
    how: 'go',
    module,
    version: 'v1.9.6',
    target: module,
    requires: [`${module}/api v1.9.6`],
    repeatsReplaces: true,
    replaces,
  }
  return { name, required: false, minutes: 6, recipe }
}

/** Every reference program of the tests. The versions are the judge's versions: change them on purpose only. */
export const programs: readonly Program[] = [
  {
    name: 'etcd',
    required: true,
    minutes: 1,
    recipe: { how: 'go', module: 'go.etcd.io/etcd/server/v3', version: 'v3.6.6', target: 'go.etcd.io/etcd/server/v3' },
  },
  {
    name: 'kube-apiserver',
    required: true,
    minutes: 11,
    recipe: {
      how: 'go',
      module: 'k8s.io/kubernetes',
      version: 'v1.37.2',
      target: 'k8s.io/kubernetes/cmd/kube-apiserver',
      replaceStaging: 'v0.37.2',
    },
  },
  {
    name: 'kustomize',
    required: true,
    minutes: 1,
    recipe: { how: 'go', module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.8.2', target: 'sigs.k8s.io/kustomize/kustomize/v5' },
  },
  {
    name: 'oras',
    required: true,
    minutes: 1,
    recipe: { how: 'go', module: 'oras.land/oras', version: 'v1.3.6', target: 'oras.land/oras/cmd/oras' },
  },
  {
    name: 'helm',
    required: true,
    minutes: 3,
    recipe: { how: 'go', module: 'helm.sh/helm/v3', version: 'v3.22.0', target: 'helm.sh/helm/v3/cmd/helm' },
  },
  {
    name: 'kubectl',
    required: true,
    minutes: 2,
    recipe: {
      how: 'go',
      module: 'k8s.io/kubectl',
      version: 'v0.37.2',
      target: '.',
      main: kubectlMain,
      requires: ['k8s.io/component-base v0.37.2'],
    },
  },
  {
    name: 'gcregistry',
    required: true,
    minutes: 1,
    recipe: { how: 'go', module: 'github.com/google/go-containerregistry', version: 'v0.20.6', target: '.', main: registryMain },
  },
  {
    name: 'flux',
    required: false,
    minutes: 4,
    recipe: {
      how: 'go',
      module: 'github.com/fluxcd/flux2/v2',
      version: 'v2.6.4',
      target: './cmd/flux',
      placeholder: 'cmd/flux/manifests/placeholder.yaml',
    },
  },
  fluxController('kustomize-controller'),
  // Version 0.18.3 of this package, which source-controller names, is not served.
  fluxController('source-controller', ['github.com/fluxcd/pkg/artifact => github.com/fluxcd/pkg/artifact v0.18.0']),
  // What Flux 2.6 reads is what cosign 2 writes; cosign 3 writes what later versions read.
  cosign('cosign', 'github.com/sigstore/cosign/v2', 'v2.6.5'),
  cosign('cosign3', 'github.com/sigstore/cosign/v3', 'v3.1.3'),
  {
    name: 'notation',
    required: false,
    minutes: 2,
    recipe: {
      how: 'go',
      module: 'github.com/notaryproject/notation-go',
      version: 'v1.3.2',
      target: '.',
      main: notationMain,
    },
  },
  {
    name: 'sops',
    required: false,
    minutes: 4,
    recipe: { how: 'go', module: 'github.com/getsops/sops/v3', version: 'v3.13.3', target: 'github.com/getsops/sops/v3/cmd/sops' },
  },
  {
    name: 'versitygw',
    required: false,
    minutes: 3,
    recipe: { how: 'go', module: 'github.com/versity/versitygw', version: 'v1.8.0', target: 'github.com/versity/versitygw/cmd/versitygw' },
  },
  {
    name: 'fake-gcs-server',
    required: false,
    minutes: 3,
    recipe: { how: 'go', module: 'github.com/fsouza/fake-gcs-server', version: 'v1.56.1', target: 'github.com/fsouza/fake-gcs-server' },
  },
  {
    name: 'azurite',
    required: false,
    minutes: 1,
    recipe: { how: 'bundle', package: 'azurite', version: '3.37.0', entry: 'dist/src/blob/main.js', absent: ['pg-hstore'] },
  },
  {
    name: 'node-floor',
    required: true,
    minutes: 1,
    recipe: { how: 'npm', package: `node-${process.platform}-${process.arch}`, version: '22.19.0', binary: 'bin/node' },
  },
  { name: 'docker-registry', required: true, minutes: 1, recipe: { how: 'debian', package: 'docker-registry', binary: 'docker-registry' } },
  { name: 'git', required: true, minutes: 1, recipe: { how: 'debian', package: 'git', binary: 'git' } },
  { name: 'openssl', required: true, minutes: 1, recipe: { how: 'debian', package: 'openssl', binary: 'openssl' } },
  { name: 'sshd', required: true, minutes: 1, recipe: { how: 'debian', package: 'openssh-server', binary: 'sshd' } },
]
