// Command kustomize is the kernel module that builds kustomizations as Flux does.
package main

import (
	"encoding/json"
	"fmt"
	"regexp"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
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
	abi.Register("build", build)
	abi.Warm(func() { openapi.Schema() })
}

func build(input []byte) (output []byte, err error) {
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
	resources, err := krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(tree, r.Root)
	if err != nil {
		return nil, explain(err)
	}
	return encode(resources, r.Limit)
}

func load(r request) (filesys.FileSystem, error) {
	tree := filesys.MakeFsInMemory()
	for path, text := range r.Text {
		if err := tree.WriteFile(path, []byte(text)); err != nil {
			return nil, err
		}
	}
	for path, content := range r.Binary {
		if err := tree.WriteFile(path, content); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func encode(resources resmap.ResMap, limit int) ([]byte, error) {
	var output []byte
	for i, resource := range resources.Resources() {
		document, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			output = append(output, "---\n"...)
		}
		output = append(output, document...)
		if len(output) > limit {
			return nil, &abi.Failure{Code: "OUTPUT_TOO_LARGE", Message: fmt.Sprintf("the build gives more than %d bytes: split the kustomization", limit)}
		}
	}
	return output, nil
}

var remote = []*regexp.Regexp{
	regexp.MustCompile(`no 'git' program on path`),
	regexp.MustCompile(`Get "https?://`),
	regexp.MustCompile(`HTTP Error`),
}

// explain tells a refused remote base from any other failure of a build.
func explain(err error) error {
	for _, pattern := range remote {
		if pattern.MatchString(err.Error()) {
			return &abi.Failure{Code: "REMOTE_BASE", Message: err.Error()}
		}
	}
	return &abi.Failure{Code: "BUILD_FAILED", Message: err.Error()}
}
