// Command helm is the kernel module that reads chart indexes, loads charts and packages them as Helm does, and fills the templates of commit messages.
package main

import (
	"encoding/json"

	"helm.sh/helm/v3/pkg/chart"

	"fluxpilot/kernel/abi"
)

func main() {}

func init() {
	abi.Register("index", index)
	abi.Register("metadata", metadata)
	abi.Register("chart", build)
	abi.Register("message", message)
}

// failed tells what a library said of a chart; step is where it said so.
func failed(step string, err error) error {
	return &abi.Failure{Code: "CHART_INVALID", Message: err.Error(), Detail: step}
}

// file is one of a chart's folder. Content of one that is too large is left out: Size tells.
type file struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
	Size int64  `json:"size"`
	Time int64  `json:"time"`
}

// content is a chart as it came: an archive, or the files of a folder.
type content struct {
	Archive []byte `json:"archive"`
	Files   []file `json:"files"`
	Alias   string `json:"alias"`
}

// metadata reads a chart's metadata alone, and checks it.
func metadata(input []byte) ([]byte, error) {
	var c content
	if err := json.Unmarshal(input, &c); err != nil {
		return nil, err
	}
	found, err := readMetadata(c)
	if err != nil {
		return nil, failed("read", err)
	}
	if err := found.Validate(); err != nil {
		return nil, failed("validate", err)
	}
	return json.Marshal(found)
}

// valuesFile is one that is merged into the default values; without content it was not found.
type valuesFile struct {
	Path  string `json:"path"`
	Data  []byte `json:"data"`
	Found bool   `json:"found"`
	// Place is where it was looked for.
	Place string `json:"place"`
}

// request says what to make of a chart. Without Package it is only looked at.
type request struct {
	content
	Version       string       `json:"version"`
	Values        []valuesFile `json:"values"`
	InChart       bool         `json:"inChart"`
	IgnoreMissing bool         `json:"ignoreMissing"`
	Dependencies  []content    `json:"dependencies"`
	Package       bool         `json:"package"`
}

type answer struct {
	// Values are the files that were merged; absent when the default values stay as they are.
	Values  []string            `json:"values"`
	Missing []*chart.Dependency `json:"missing"`
	Package []byte              `json:"package,omitempty"`
}

// build loads a chart, gives it another version, values and dependencies, and packages it.
func build(input []byte) ([]byte, error) {
	var r request
	if err := json.Unmarshal(input, &r); err != nil {
		return nil, err
	}
	known := times{}
	var result answer
	merged, names, err := r.mergedOutside()
	if err != nil {
		return nil, failed("values", err)
	}
	loaded, err := load(r.content, known)
	if err != nil {
		return nil, failed("load", err)
	}
	if r.Version != "" {
		loaded.Metadata.Version = r.Version
	}
	if r.InChart && len(r.Values) > 0 {
		if merged, names, err = mergedInside(loaded, r.Values, r.IgnoreMissing); err != nil {
			return nil, failed("values", err)
		}
	}
	changed, err := overwrite(loaded, merged, known)
	if err != nil {
		return nil, failed("values", err)
	}
	if changed {
		result.Values = names
	}
	result.Missing = missing(loaded)
	if !r.Package {
		return json.Marshal(result)
	}
	for _, dependency := range r.Dependencies {
		added, err := load(dependency, known)
		if err != nil {
			return nil, failed("dependency", err)
		}
		if dependency.Alias != "" {
			added.Metadata.Name = dependency.Alias
		}
		loaded.AddDependency(added)
	}
	if result.Package, err = pack(loaded, known); err != nil {
		return nil, failed("package", err)
	}
	return json.Marshal(result)
}

// missing are the dependencies that a chart names, its lock first, and does not hold.
func missing(c *chart.Chart) []*chart.Dependency {
	wanted := c.Metadata.Dependencies
	if c.Lock != nil {
		wanted = c.Lock.Dependencies
	}
	held := map[string]bool{}
	for _, dependency := range c.Dependencies() {
		held[dependency.Name()] = true
	}
	if len(c.Dependencies()) == len(wanted) {
		return nil
	}
	var found []*chart.Dependency
	for _, dependency := range wanted {
		if dependency == nil {
			continue
		}
		name := dependency.Name
		if dependency.Alias != "" {
			name = dependency.Alias
		}
		if !held[name] {
			found = append(found, dependency)
			held[name] = true
		}
	}
	return found
}
