package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fluxpilot/kernel/abi"
)

// check says by expressions how objects of one kind are.
type check struct {
	Current    string `json:"current"`
	InProgress string `json:"inProgress"`
	Failed     string `json:"failed"`
}

type healthInput struct {
	Check   check            `json:"check"`
	Objects []map[string]any `json:"objects"`
}

// judged is the status of one object; Unknown has an error.
type judged struct {
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

// health judges objects by the expressions of their kind. Expressions that do not compile are the failure EXPRESSION_INVALID, also without objects.
func health(input []byte) ([]byte, error) {
	var in healthInput
	if err := read(input, &in); err != nil {
		return nil, err
	}
	steps, err := in.Check.steps()
	if err != nil {
		return nil, &abi.Failure{Code: "EXPRESSION_INVALID", Message: err.Error()}
	}
	answers := make([]judged, len(in.Objects))
	for i, object := range in.Objects {
		status, err := judge(steps, object)
		if err != nil {
			answers[i] = judged{"Unknown", err.Error()}
			continue
		}
		answers[i] = judged{Status: status}
	}
	return json.Marshal(answers)
}

type step struct {
	status  string
	program *compiledProgram
}

// steps compiles in the order of Flux's errors, and answers in the order of evaluation.
func (c check) steps() ([]step, error) {
	if c.Current == "" {
		return nil, errors.New("expression Current not specified")
	}
	found := map[string]*compiledProgram{}
	for _, e := range []struct{ name, text string }{{"Current", c.Current}, {"Failed", c.Failed}, {"InProgress", c.InProgress}} {
		if e.text == "" {
			continue
		}
		p, err := program(expression{Text: e.text})
		if err != nil {
			return nil, fmt.Errorf("failed to parse the expression %s: %w", e.name, err)
		}
		found[e.name] = p
	}
	var steps []step
	for _, status := range []string{"InProgress", "Failed", "Current"} {
		if p, ok := found[status]; ok {
			steps = append(steps, step{status, p})
		}
	}
	return steps, nil
}

func judge(steps []step, object map[string]any) (string, error) {
	behind, err := isBehind(object)
	if err != nil || behind {
		return "InProgress", err
	}
	for _, s := range steps {
		holds, err := s.program.holds(object)
		if err != nil {
			return "", err
		}
		if holds {
			return s.status, nil
		}
	}
	return "InProgress", nil
}

// isBehind says whether the object's controller has not seen its newest generation.
func isBehind(object map[string]any) (bool, error) {
	observed, ok, err := integerAt(object, "status", "observedGeneration")
	if err != nil || !ok {
		return false, err
	}
	generation, ok, err := integerAt(object, "metadata", "generation")
	return ok && observed != generation, err
}

// integerAt reads a field of a field, with the errors of Kubernetes' accessors.
func integerAt(object map[string]any, path ...string) (int64, bool, error) {
	var at any = object
	for i, field := range path {
		if at == nil {
			return 0, false, nil
		}
		fields, ok := at.(map[string]any)
		if !ok {
			return 0, false, accessorError(path[:i+1], at, "map[string]interface{}")
		}
		next, ok := fields[field]
		if !ok {
			return 0, false, nil
		}
		at = next
	}
	value, ok := at.(int64)
	if !ok {
		return 0, false, accessorError(path, at, "int64")
	}
	return value, true, nil
}

func accessorError(path []string, value any, expected string) error {
	return fmt.Errorf(".%s accessor error: %v is of the type %T, expected %s", strings.Join(path, "."), value, value, expected)
}
