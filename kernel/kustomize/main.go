// Command kustomize is the kernel module that builds kustomizations as Flux does.
package main

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"fluxpilot/kernel/abi"
)

// request holds a file tree. Text has UTF-8 files, Binary the others; Root is the folder to build; Limit is the most bytes of output.
type request struct {
	Root   string            `json:"root"`
	Text   map[string]string `json:"text"`
	Binary map[string][]byte `json:"binary"`
	Limit  int               `json:"limit"`
}

func main() {}

func init() {
	abi.Register("build", func(input []byte) ([]byte, error) { return build(input, documents) })
	abi.Register("objects", func(input []byte) ([]byte, error) { return build(input, list) })
	abi.Warm(func() { openapi.Schema() })
}

// form is how resources are written: what stands before, between and after them.
type form struct {
	before, between, after string
	write                  func(*resource.Resource) ([]byte, error)
}

var (
	// documents are what kustomize prints.
	documents = form{between: "---\n", write: (*resource.Resource).AsYAML}
	// list is a JSON list of the same: kustomize makes each document's YAML of that JSON.
	list = form{before: "[", between: ",", after: "]", write: asJSON}
)

func build(input []byte, as form) (output []byte, err error) {
	var r request
	if err := json.Unmarshal(input, &r); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = &abi.Failure{Code: "BUILD_FAILED", Message: fmt.Sprintf("recovered from kustomize build panic: %v", p)}
		}
	}()
	tree, err := load(r)
	if err != nil {
		return nil, err
	}
	defer restoreSchema()
	resources, err := krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(tree, path.Join(mount, r.Root))
	if err != nil {
		return nil, explain(err)
	}
	return encode(resources, as, r.Limit)
}

var builtinSchema = openapi.GetSchemaVersion()

// restoreSchema keeps a schema that one build brings from the next one: kustomize holds it in a global.
func restoreSchema() {
	if openapi.GetSchemaVersion() != builtinSchema {
		openapi.ResetOpenAPI()
		openapi.Schema()
	}
}

func load(r request) (filesys.FileSystem, error) {
	tree := inMemory()
	for name, text := range r.Text {
		if err := tree.WriteFile(path.Join(mount, name), []byte(text)); err != nil {
			return nil, err
		}
	}
	for name, content := range r.Binary {
		if err := tree.WriteFile(path.Join(mount, name), content); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func encode(resources resmap.ResMap, as form, limit int) ([]byte, error) {
	output := []byte(as.before)
	for i, resource := range resources.Resources() {
		text, err := as.write(resource)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			output = append(output, as.between...)
		}
		output = append(output, text...)
		if len(output) > limit {
			return nil, &abi.Failure{Code: "OUTPUT_TOO_LARGE", Message: fmt.Sprintf("the build gives more than %d bytes: split the kustomization", limit)}
		}
	}
	return append(output, as.after...), nil
}

// remote tells where a build wanted to fetch something; the group is what it named.
var remote = []*regexp.Regexp{
	regexp.MustCompile(`Get "(https?://[^"]*)"`),
	regexp.MustCompile(`(?s).*accumulating resources from '([^']*)': [^\n]*(?:no 'git' program on path|HTTP Error)`),
	regexp.MustCompile(`loader.New "[^"]*evalsymlink failure on '` + mount + `/(?:[^']*/)?((?:https?|ssh):/[^']*|git@[^']*|git::[^']*|github\.com[/:][^']*)'`),
	regexp.MustCompile(`()no 'git' program on path`),
}

// explain tells a refused remote base from any other failure of a build.
func explain(err error) error {
	for _, pattern := range remote {
		if found := pattern.FindStringSubmatch(err.Error()); found != nil {
			return &abi.Failure{
				Code:    "REMOTE_BASE",
				Message: fmt.Sprintf("remote base '%s' is not allowed: put it into the artifact and name its path", found[1]),
			}
		}
	}
	return &abi.Failure{Code: "BUILD_FAILED", Message: err.Error()}
}
