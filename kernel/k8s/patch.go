package main

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"fluxpilot/kernel/abi"
)

type patchRequest struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Original   json.RawMessage `json:"original"`
	Modified   json.RawMessage `json:"modified"`
	Current    json.RawMessage `json:"current"`
	Patch      json.RawMessage `json:"patch"`
}

func (r patchRequest) meta() (strategicpatch.LookupPatchMeta, bool) {
	definition, ok := definitionsByKind()[schema.FromAPIVersionAndKind(r.APIVersion, r.Kind)]
	if !ok {
		return nil, false
	}
	return strategicpatch.PatchMetaFromOpenAPIV3{SchemaList: builtinDefinitions(), Schema: definition}, true
}

// strategic applies a strategic merge patch to an object of a built-in kind.
func strategic(input []byte) ([]byte, error) {
	var r patchRequest
	if err := json.Unmarshal(input, &r); err != nil {
		return nil, err
	}
	meta, ok := r.meta()
	if !ok {
		return nil, &abi.Failure{Code: "NO_SCHEMA", Message: "strategic merge patch needs a built-in kind, and " + r.APIVersion + " " + r.Kind + " is none"}
	}
	return strategicpatch.StrategicMergePatchUsingLookupPatchMeta(r.Original, r.Patch, meta)
}

// threeWay makes the patch that kubectl apply sends: strategic for built-in kinds, JSON merge for the others.
func threeWay(input []byte) ([]byte, error) {
	var r patchRequest
	if err := json.Unmarshal(input, &r); err != nil {
		return nil, err
	}
	meta, ok := r.meta()
	if !ok {
		return jsonmergepatch.CreateThreeWayJSONMergePatch(r.Original, r.Modified, r.Current, mergepatch.RequireMetadataKeyUnchanged("name"))
	}
	return strategicpatch.CreateThreeWayMergePatch(r.Original, r.Modified, r.Current, meta, true)
}
