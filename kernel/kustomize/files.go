package main

import (
	"encoding/json"
	"fmt"
	"path"

	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"fluxpilot/kernel/abi"
)

func init() {
	abi.Register("kustomization", kustomization)
	abi.Register("manifests", manifests)
}

// kustomization reads a kustomization file: YAML in, the fields that kustomize knows out.
func kustomization(input []byte) ([]byte, error) {
	file := types.Kustomization{TypeMeta: types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind}}
	if err := yaml.Unmarshal(input, &file); err != nil {
		return nil, &abi.Failure{Code: "BUILD_FAILED", Message: err.Error()}
	}
	return json.Marshal(file)
}

// manifest is a file that must hold Kubernetes objects. Content is base64 in JSON.
type manifest struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
}

// manifests fails at the first file that kustomize would not take as a resource.
func manifests(input []byte) ([]byte, error) {
	var files []manifest
	if err := json.Unmarshal(input, &files); err != nil {
		return nil, err
	}
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
	for _, file := range files {
		if err := check(factory, file); err != nil {
			return nil, &abi.Failure{Code: "BUILD_FAILED", Message: err.Error()}
		}
	}
	return []byte("[]"), nil
}

func check(factory *resource.Factory, file manifest) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("recovered from panic while parsing YAML file %s: %v", path.Base(file.Path), p)
		}
	}()
	if _, err := factory.SliceFromBytes(file.Content); err != nil {
		return fmt.Errorf("failed to decode Kubernetes YAML from %s: %w", file.Path, err)
	}
	return nil
}
