package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"
)

// mark is what Helm writes into the gzip header of its packages.
var mark = []byte("+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=")

// of is the time of a file, or, for one that nobody brought, of its chart.
func (t times) of(data []byte, c *chart.Chart) int64 {
	if len(data) > 0 {
		if at, ok := t[&data[0]]; ok {
			return at
		}
	}
	for ; c != nil; c = c.Parent() {
		if raw := rawFile(c, chartFile); raw != nil && len(raw.Data) > 0 {
			if at, ok := t[&raw.Data[0]]; ok {
				return at
			}
		}
	}
	return 0
}

func rawFile(c *chart.Chart, name string) *chart.File {
	for _, f := range c.Raw {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// pack writes a chart as Helm packages it, but for the times: those are its files', so that equal input gives equal bytes.
func pack(c *chart.Chart, known times) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("failed to package chart: chart validation: %w", err)
	}
	var buffer bytes.Buffer
	zipper := gzip.NewWriter(&buffer)
	zipper.Header.Extra = mark
	zipper.Header.Comment = "Helm"
	writer := packer{out: tar.NewWriter(zipper), known: known}
	if err := writer.chart(c, ""); err != nil {
		return nil, fmt.Errorf("failed to package chart: %w", err)
	}
	if err := errors.Join(writer.out.Close(), zipper.Close()); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

type packer struct {
	out   *tar.Writer
	known times
}

func (p packer) chart(c *chart.Chart, prefix string) error {
	if path.Base(c.Name()) != c.Name() {
		return fmt.Errorf("%q is not a valid chart name", c.Name())
	}
	base := path.Join(prefix, c.Name())
	if err := p.own(c, base); err != nil {
		return err
	}
	for _, files := range [][]*chart.File{c.Templates, c.Files} {
		for _, f := range files {
			if err := p.write(path.Join(base, f.Name), f.Data, p.known.of(f.Data, c)); err != nil {
				return err
			}
		}
	}
	dependencies := append([]*chart.Chart{}, c.Dependencies()...)
	sort.SliceStable(dependencies, func(i, j int) bool { return dependencies[i].Name() < dependencies[j].Name() })
	for _, dependency := range dependencies {
		if err := p.chart(dependency, path.Join(base, "charts")); err != nil {
			return err
		}
	}
	return nil
}

// own writes what Helm writes of a chart's own parts: metadata, lock, values, schema.
func (p packer) own(c *chart.Chart, base string) error {
	described := *c.Metadata
	if described.APIVersion == chart.APIVersionV1 {
		described.Dependencies = nil
	}
	if err := p.encoded(path.Join(base, chartFile), &described, p.known.of(nil, c)); err != nil {
		return err
	}
	if c.Metadata.APIVersion == chart.APIVersionV2 && c.Lock != nil {
		var raw []byte
		if f := rawFile(c, "Chart.lock"); f != nil {
			raw = f.Data
		}
		if err := p.encoded(path.Join(base, "Chart.lock"), c.Lock, p.known.of(raw, c)); err != nil {
			return err
		}
	}
	for _, f := range c.Raw {
		if f.Name != valuesName {
			continue
		}
		if err := p.write(path.Join(base, valuesName), f.Data, p.known.of(f.Data, c)); err != nil {
			return err
		}
	}
	if c.Schema == nil {
		return nil
	}
	if !json.Valid(c.Schema) {
		return errors.New("Invalid JSON in values.schema.json")
	}
	return p.write(path.Join(base, "values.schema.json"), c.Schema, p.known.of(c.Schema, c))
}

func (p packer) encoded(name string, value any, at int64) error {
	data, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	return p.write(name, data, at)
}

func (p packer) write(name string, data []byte, at int64) error {
	header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), ModTime: time.Unix(max(at, 0), 0)}
	if err := p.out.WriteHeader(header); err != nil {
		return err
	}
	_, err := p.out.Write(data)
	return err
}
