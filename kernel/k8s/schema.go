package main

import (
	_ "embed"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// builtin.json holds the schemas of the built-in kinds by definition name, from Kubernetes' own OpenAPI v3 documents.
// scripts/kernel/schema.ts makes it.
//
//go:embed builtin.json
var builtinJSON []byte

var (
	definitions map[string]*spec.Schema
	byKind      map[schema.GroupVersionKind]*spec.Schema
	builtin     managedfields.TypeConverter
)

func builtinDefinitions() map[string]*spec.Schema {
	if definitions == nil {
		definitions = map[string]*spec.Schema{}
		if err := json.Unmarshal(builtinJSON, &definitions); err != nil {
			panic(err)
		}
	}
	return definitions
}

func definitionsByKind() map[schema.GroupVersionKind]*spec.Schema {
	if byKind != nil {
		return byKind
	}
	byKind = map[schema.GroupVersionKind]*spec.Schema{}
	for _, definition := range builtinDefinitions() {
		kinds, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]any)
		for _, kind := range kinds {
			fields, _ := kind.(map[string]any)
			group, _ := fields["group"].(string)
			version, _ := fields["version"].(string)
			name, _ := fields["kind"].(string)
			byKind[schema.GroupVersionKind{Group: group, Version: version, Kind: name}] = definition
		}
	}
	return byKind
}

func builtinConverter() managedfields.TypeConverter {
	if builtin == nil {
		converter, err := managedfields.NewTypeConverter(builtinDefinitions(), false)
		if err != nil {
			panic(err)
		}
		builtin = converter
	}
	return builtin
}
