package main

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
)

// expression is CEL with what it is judged by: with Variables it is type-checked over them and must be of the type Output.
type expression struct {
	Text      string   `json:"text"`
	Variables []string `json:"variables"`
	Output    string   `json:"output"`
}

// compiledProgram evaluates one expression; Output is bool or string.
type compiledProgram struct {
	text   string
	output string
	run    cel.Program
}

// mostCompiled bounds what is kept compiled.
const mostCompiled = 512

var (
	compiled     = map[string]*compiledProgram{}
	environments = map[string]*cel.Env{}
	outputs      = map[string]*cel.Type{"bool": cel.BoolType, "string": cel.StringType}
)

// program compiles an expression, once.
func program(e expression) (*compiledProgram, error) {
	key := strings.Join(append([]string{e.Text, e.Output}, e.Variables...), "\x00")
	if known, ok := compiled[key]; ok {
		return known, nil
	}
	p, err := e.compile()
	if err != nil {
		return nil, err
	}
	if len(compiled) >= mostCompiled {
		compiled = map[string]*compiledProgram{}
	}
	compiled[key] = p
	return p, nil
}

func (e expression) compile() (*compiledProgram, error) {
	env, err := environment(e.Variables)
	if err != nil {
		return nil, fmt.Errorf("failed to create CEL environment: %w", err)
	}
	read := env.Parse
	if len(e.Variables) > 0 {
		read = env.Compile
	}
	ast, issues := read(e.Text)
	if issues != nil {
		return nil, fmt.Errorf("failed to parse the CEL expression '%s': %s", e.Text, issues)
	}
	if wanted := outputs[e.Output]; len(e.Variables) > 0 && wanted != ast.OutputType() {
		return nil, fmt.Errorf("CEL expression output type mismatch: expected %s, got %s", wanted, ast.OutputType())
	}
	run, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("failed to create CEL program: %w", err)
	}
	return &compiledProgram{text: e.Text, output: e.Output, run: run}, nil
}

// environment is the one of Flux: variables are structures whose keys nobody knows before.
func environment(variables []string) (*cel.Env, error) {
	key := strings.Join(variables, " ")
	if known, ok := environments[key]; ok {
		return known, nil
	}
	options := []cel.EnvOption{
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
	}
	for _, name := range variables {
		options = append(options, cel.Variable(name, cel.ObjectType("google.protobuf.Struct")))
	}
	env, err := cel.NewEnv(options...)
	if err == nil {
		environments[key] = env
	}
	return env, err
}

func (p *compiledProgram) value(data map[string]any) (any, error) {
	value, _, err := p.run.Eval(data)
	if err != nil {
		return nil, fmt.Errorf("failed to evaluate the CEL expression '%s': %w", p.text, err)
	}
	switch typed := value.(type) {
	case types.Bool:
		if p.output != "string" {
			return bool(typed), nil
		}
	case types.String:
		if p.output == "string" {
			return string(typed), nil
		}
	}
	wanted := "boolean"
	if p.output == "string" {
		wanted = "string"
	}
	return nil, fmt.Errorf("failed to evaluate CEL expression as %s: '%s'", wanted, p.text)
}

func (p *compiledProgram) holds(data map[string]any) (bool, error) {
	value, err := p.value(data)
	return value == true, err
}
