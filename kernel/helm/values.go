package main

import (
	"bytes"
	"fmt"
	"path"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"
)

// mergedOutside merges values files that were found beside the chart. nil when there are none to merge.
func (r request) mergedOutside() (map[string]any, []string, error) {
	if r.InChart || len(r.Values) == 0 {
		return nil, nil, nil
	}
	merged, names := map[string]any{}, []string{}
	for _, f := range r.Values {
		if !f.Found {
			if r.IgnoreMissing {
				continue
			}
			return nil, nil, fmt.Errorf("no values file found at path '%s' (reference '%s')", f.Place, f.Path)
		}
		values, err := parsed(f)
		if err != nil {
			return nil, nil, err
		}
		merged, names = merge(merged, values), append(names, f.Path)
	}
	return merged, names, nil
}

// mergedInside merges values files of the chart itself.
func mergedInside(c *chart.Chart, files []valuesFile, ignoreMissing bool) (map[string]any, []string, error) {
	merged, names := map[string]any{}, []string{}
	for _, f := range files {
		name := path.Clean(f.Path)
		if name == valuesName {
			merged, names = merge(merged, c.Values), append(names, f.Path)
			continue
		}
		for _, known := range c.Files {
			if known.Name == name && known.Data != nil {
				f.Data, f.Found = known.Data, true
				break
			}
		}
		if !f.Found {
			if ignoreMissing {
				continue
			}
			return nil, nil, fmt.Errorf("failed to merge chart values: no values file found at path '%s'", f.Path)
		}
		values, err := parsed(f)
		if err != nil {
			return nil, nil, fmt.Errorf("failed to merge chart values: %w", err)
		}
		merged, names = merge(merged, values), append(names, f.Path)
	}
	return merged, names, nil
}

func parsed(f valuesFile) (map[string]any, error) {
	values := map[string]any{}
	if err := yaml.Unmarshal(f.Data, &values); err != nil {
		return nil, fmt.Errorf("unmarshaling values from '%s' failed: %w", f.Path, err)
	}
	return values, nil
}

// merge lays values over others; only maps are merged.
func merge(under, over map[string]any) map[string]any {
	merged := make(map[string]any, len(under))
	for key, value := range under {
		merged[key] = value
	}
	for key, value := range over {
		if above, ok := value.(map[string]any); ok {
			if below, ok := merged[key].(map[string]any); ok {
				merged[key] = merge(below, above)
				continue
			}
		}
		merged[key] = value
	}
	return merged
}

// overwrite replaces a chart's default values; false when they are as they should be.
func overwrite(c *chart.Chart, values map[string]any, known times) (bool, error) {
	if values == nil {
		return false, nil
	}
	var encoded []byte
	if len(values) > 0 {
		var err error
		if encoded, err = yaml.Marshal(values); err != nil {
			return false, err
		}
	}
	for _, f := range c.Raw {
		if f.Name != valuesName {
			continue
		}
		if bytes.Equal(f.Data, encoded) {
			return false, nil
		}
		known.keep(encoded, known.of(f.Data, c))
		f.Data, c.Values = encoded, values
		return true, nil
	}
	return false, fmt.Errorf("failed to locate values file: %s", valuesName)
}
