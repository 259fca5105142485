// Command shapes prints what the OpenAPI schemas of Kubernetes' built-in kinds do not say of their JSON: see scripts/kernel/shapes.ts.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// shape is what a struct's OpenAPI schema does not say of its JSON form.
type shape struct {
	// Dropped are fields left out when they are zero: scalars that are no pointers.
	Dropped []string `json:"dropped,omitempty"`
	// Always are fields that are written also when they are zero or absent.
	Always []string `json:"always,omitempty"`
	// Types are Go's names of named scalar types.
	Types map[string]string `json:"types,omitempty"`
	// Proto are the fields by their number in protobuf; "+" before a definition for a struct that is inlined in JSON.
	Proto map[string]string `json:"proto,omitempty"`
}

var marshaler = reflect.TypeFor[json.Marshaler]()

var shapes = map[string]*shape{}

func main() {
	s := runtime.NewScheme()
	must(scheme.AddToScheme(s))
	must(apiextensions.AddToScheme(s))
	for kind, t := range s.AllKnownTypes() {
		if served[kind.GroupVersion().String()] && !strings.HasSuffix(kind.Kind, "List") && strings.HasPrefix(t.PkgPath(), "k8s.io/api") && !strings.Contains(t.PkgPath(), "apimachinery") {
			visit(t)
		}
	}
	visit(reflect.TypeFor[meta.DeleteOptions]())
	for name, s := range shapes {
		if s.Dropped == nil && s.Always == nil && s.Types == nil && s.Proto == nil {
			delete(shapes, name)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(shapes))
}

var served = map[string]bool{
	"v1": true, "apps/v1": true, "authorization.k8s.io/v1": true, "autoscaling/v1": true, "autoscaling/v2": true, "batch/v1": true, "networking.k8s.io/v1": true,
	"policy/v1": true, "rbac.authorization.k8s.io/v1": true, "storage.k8s.io/v1": true, "admissionregistration.k8s.io/v1": true,
	"apiextensions.k8s.io/v1": true, "scheduling.k8s.io/v1": true, "coordination.k8s.io/v1": true, "node.k8s.io/v1": true,
	"discovery.k8s.io/v1": true, "events.k8s.io/v1": true,
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// definition is the name of a Go type's OpenAPI definition.
func definition(t reflect.Type) string {
	host, rest, _ := strings.Cut(t.PkgPath(), "/")
	parts := strings.Split(host, ".")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, ".") + "." + strings.ReplaceAll(rest, "/", ".") + "." + t.Name()
}

func visit(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		visit(t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if reflect.PointerTo(t).Implements(marshaler) {
		return
	}
	name := definition(t)
	if _, ok := shapes[name]; ok || !strings.HasPrefix(t.PkgPath(), "k8s.io/") {
		return
	}
	s := &shape{}
	shapes[name] = s
	fields(t, s)
}

// number notes a field's number.
func number(f reflect.StructField, s *shape, name string) {
	parts := strings.Split(f.Tag.Get("protobuf"), ",")
	if len(parts) < 2 || s == nil {
		return
	}
	if s.Proto == nil {
		s.Proto = map[string]string{}
	}
	s.Proto[parts[1]] = name
}

func fields(t reflect.Type, s *shape) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" {
			continue
		}
		if tag == "" {
			if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Type.Name() != "TypeMeta" {
				inner := *s
				inner.Proto = map[string]string{}
				fields(f.Type, &inner)
				s.Dropped, s.Always, s.Types = inner.Dropped, inner.Always, inner.Types
				visit(f.Type)
				number(f, s, "+"+definition(f.Type))
			}
			continue
		}
		number(f, s, tag)
		omit := strings.Contains(options, "omitempty")
		zero := strings.Contains(options, "omitzero")
		switch kind := f.Type.Kind(); kind {
		case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Int, reflect.String, reflect.Float64:
			if omit || zero {
				s.Dropped = append(s.Dropped, tag)
			} else {
				s.Always = append(s.Always, tag)
			}
		case reflect.Slice, reflect.Map:
			if !omit {
				s.Always = append(s.Always, tag)
			}
		case reflect.Struct:
			if reflect.PointerTo(f.Type).Implements(marshaler) {
				break
			}
			if zero {
				s.Dropped = append(s.Dropped, tag)
			} else {
				s.Always = append(s.Always, tag)
			}
		}
		scalar := f.Type
		for scalar.Kind() == reflect.Pointer || scalar.Kind() == reflect.Slice {
			scalar = scalar.Elem()
		}
		switch scalar.Kind() {
		case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Int, reflect.String, reflect.Float64:
			if scalar.PkgPath() != "" {
				if s.Types == nil {
					s.Types = map[string]string{}
				}
				s.Types[tag] = scalar.String()
			}
		}
		visit(f.Type)
	}
}
