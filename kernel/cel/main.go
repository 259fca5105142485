// Command cel is the kernel module that evaluates CEL expressions over Kubernetes objects, in the environment that Flux gives them.
package main

import (
	"encoding/json"
	"fmt"

	"fluxpilot/kernel/abi"

	kjson "sigs.k8s.io/json"
)

func main() {}

func init() {
	abi.Register("health", health)
	abi.Register("evaluate", evaluate)
	abi.Warm(func() {
		for _, variables := range [][]string{nil, {"self", "dep"}} {
			p, err := program(expression{Text: `has(self.a) && self.a.filter(e, e == 'b').all(e, e != 'c')`, Variables: variables})
			if err == nil {
				_, _ = p.value(map[string]any{"self": map[string]any{}, "dep": map[string]any{}})
			}
		}
		compiled = map[string]*compiledProgram{}
	})
}

// ask is one expression with the variables that it is evaluated over.
type ask struct {
	Expression expression     `json:"expression"`
	Data       map[string]any `json:"data"`
}

// answer has a value, or why there is none; Invalid says that the expression itself is at fault, whatever the data.
type answer struct {
	Value   any    `json:"value"`
	Error   string `json:"error,omitempty"`
	Invalid bool   `json:"invalid,omitempty"`
}

func evaluate(input []byte) ([]byte, error) {
	var asks []ask
	if err := read(input, &asks); err != nil {
		return nil, err
	}
	answers := make([]answer, len(asks))
	for i, a := range asks {
		answers[i] = a.answer()
	}
	return json.Marshal(answers)
}

func (a ask) answer() answer {
	p, err := program(a.Expression)
	if err != nil {
		return answer{Error: err.Error(), Invalid: true}
	}
	value, err := p.value(a.Data)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: value}
}

// read parses as Kubernetes does: whole numbers are integers.
func read(input []byte, into any) error {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(input, into); err != nil {
		return &abi.Failure{Code: "INVALID", Message: fmt.Sprintf("the input cannot be read: %v", err)}
	}
	return nil
}
