package main

import (
	"encoding/json"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// asJSON is what kustomize marshals a resource to. It prints and parses YAML for that; where that changes nothing, the nodes are read as they are.
func asJSON(r *resource.Resource) ([]byte, error) {
	node := r.YNode()
	if node == nil || node.Kind != yaml.MappingNode || !isPlain(node) {
		return r.MarshalJSON()
	}
	var object map[string]any
	if err := node.Decode(&object); err != nil {
		return r.MarshalJSON()
	}
	text, err := json.Marshal(object)
	if err != nil {
		return r.MarshalJSON()
	}
	return text, nil
}

// isPlain tells whether nodes mean after printing and parsing what they mean now.
func isPlain(node *yaml.Node) bool {
	if node.Anchor != "" {
		return false
	}
	switch node.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		for _, child := range node.Content {
			if !isPlain(child) {
				return false
			}
		}
		return node.Tag == "" || node.Tag == yaml.NodeTagMap || node.Tag == yaml.NodeTagSeq
	case yaml.ScalarNode:
		return isPlainScalar(node)
	}
	return false
}

func isPlainScalar(node *yaml.Node) bool {
	for i := range len(node.Value) {
		if c := node.Value[i]; c < ' ' || c > '~' {
			return false
		}
	}
	switch node.Style {
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		return node.Tag == "" || node.Tag == yaml.NodeTagString
	case 0:
		// Nothing at all is printed as an empty string in some places.
		return node.Tag == yaml.NodeTagString || node.Value != "" && isAsItReads(node)
	}
	return false
}

// isAsItReads tells whether a scalar without quotes is of the type that its text has. Moments are left out: they are printed as they are written, and read to another form.
func isAsItReads(node *yaml.Node) bool {
	tag := (&yaml.Node{Kind: yaml.ScalarNode, Value: node.Value}).ShortTag()
	switch tag {
	case yaml.NodeTagString, yaml.NodeTagInt, yaml.NodeTagFloat, yaml.NodeTagBool, yaml.NodeTagNull:
		return node.Tag == "" || node.Tag == tag
	}
	return false
}
