package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	machineryjson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"fluxpilot/kernel/abi"
)

// request is an apply or an update. Live is null while the object does not exist. Schema is the JSON of a CRD version's
// definitions; without it and without Deduced the built-in schemas serve. Reset are paths that this endpoint may not set.
type request struct {
	Live        map[string]any  `json:"live"`
	Object      map[string]any  `json:"object"`
	Manager     string          `json:"manager"`
	Force       bool            `json:"force"`
	Subresource string          `json:"subresource"`
	Reset       [][]string      `json:"reset"`
	Schema      json.RawMessage `json:"schema"`
	Deduced     bool            `json:"deduced"`
}

func manage(input []byte, update bool) ([]byte, error) {
	var r request
	if err := machineryjson.Unmarshal(input, &r); err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: r.Object}
	manager, err := fieldManager(r, object.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	var managed runtime.Object
	if update {
		managed, err = manager.Update(liveOr(r.Live, object), object, r.Manager)
	} else {
		managed, err = manager.Apply(liveOr(r.Live, object), object, r.Manager, r.Force)
	}
	if err != nil {
		return nil, explain(err)
	}
	result, ok := managed.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("unexpected result %T", managed)
	}
	return answer(result.Object, nil)
}

func liveOr(live map[string]any, object *unstructured.Unstructured) *unstructured.Unstructured {
	if live != nil {
		return &unstructured.Unstructured{Object: live}
	}
	empty := &unstructured.Unstructured{Object: map[string]any{}}
	empty.SetGroupVersionKind(object.GroupVersionKind())
	empty.SetName(object.GetName())
	empty.SetNamespace(object.GetNamespace())
	return empty
}

func explain(err error) error {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return &abi.Failure{Code: "STATUS", Message: err.Error(), Detail: status.Status()}
	}
	return &abi.Failure{Code: "INVALID", Message: err.Error()}
}

func fieldManager(r request, kind schema.GroupVersionKind) (*managedfields.FieldManager, error) {
	converter, err := converterFor(r)
	if err != nil {
		return nil, err
	}
	var reset map[fieldpath.APIVersion]fieldpath.Filter
	if len(r.Reset) > 0 {
		reset = map[fieldpath.APIVersion]fieldpath.Filter{fieldpath.APIVersion(kind.GroupVersion().String()): fieldpath.NewExcludeSetFilter(paths(r.Reset))}
	}
	c := sameVersion{}
	if r.Schema != nil || r.Deduced {
		return managedfields.NewDefaultCRDFieldManager(converter, c, c, c, kind, kind.GroupVersion(), r.Subresource, reset)
	}
	return managedfields.NewDefaultFieldManager(converter, c, c, c, kind, kind.GroupVersion(), r.Subresource, reset)
}

func paths(list [][]string) *fieldpath.Set {
	set := fieldpath.NewSet()
	for _, path := range list {
		parts := make([]any, len(path))
		for i, part := range path {
			parts[i] = part
		}
		set.Insert(fieldpath.MakePathOrDie(parts...))
	}
	return set
}

// converters keeps the converter of each CRD schema by the digest of its JSON.
var converters = map[[32]byte]managedfields.TypeConverter{}

func converterFor(r request) (managedfields.TypeConverter, error) {
	if r.Deduced {
		return managedfields.NewDeducedTypeConverter(), nil
	}
	if r.Schema == nil {
		return builtinConverter(), nil
	}
	key := sha256.Sum256(r.Schema)
	if known, ok := converters[key]; ok {
		return known, nil
	}
	var schemas map[string]*spec.Schema
	if err := json.Unmarshal(r.Schema, &schemas); err != nil {
		return nil, err
	}
	made, err := managedfields.NewTypeConverter(schemas, false)
	if err != nil {
		return nil, err
	}
	if len(converters) > 64 {
		clear(converters)
	}
	converters[key] = made
	return made, nil
}

// sameVersion converts between versions of one kind by renaming the version, as CRDs without a conversion webhook do.
type sameVersion struct{}

func (sameVersion) Convert(_, _, _ any) error { return errors.New("conversion is not supported") }

func (sameVersion) ConvertToVersion(in runtime.Object, target runtime.GroupVersioner) (runtime.Object, error) {
	kind := in.GetObjectKind().GroupVersionKind()
	wanted, ok := target.KindForGroupVersionKinds([]schema.GroupVersionKind{kind})
	if !ok {
		return nil, runtime.NewNotRegisteredErrForTarget("kernel", nil, target)
	}
	if wanted != kind {
		in = in.DeepCopyObject()
		in.GetObjectKind().SetGroupVersionKind(wanted)
	}
	return in, nil
}

func (sameVersion) ConvertFieldLabel(_ schema.GroupVersionKind, _, _ string) (string, string, error) {
	return "", "", errors.New("field labels are not supported")
}

func (sameVersion) Default(runtime.Object) {}

func (sameVersion) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(kind)
	return object, nil
}
