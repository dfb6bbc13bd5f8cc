package store

import (
	"database/sql"
	"fmt"
	"slices"
)

// valuesRow scans what a driver returns without database/sql's conversions.
type valuesRow []any

func (r valuesRow) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(r))
	}
	for i, d := range dest {
		if err := assign(d, r[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func assign(dest, v any) error {
	if n, ok := v.(int32); ok { // PostgreSQL's INTEGER
		v = int64(n)
	}
	switch d := dest.(type) {
	case *string:
		switch v := v.(type) {
		case string:
			*d = v
			return nil
		case []byte:
			*d = string(v)
			return nil
		}
	case *[]byte:
		switch v := v.(type) {
		case []byte:
			*d = slices.Clone(v)
			return nil
		case string:
			*d = []byte(v)
			return nil
		}
	case *millis:
		if n, ok := v.(int64); ok {
			*d = millis(fromMillis(n))
			return nil
		}
	case sql.Scanner:
		return d.Scan(v)
	case *float64:
		switch v := v.(type) {
		case float64:
			*d = v
			return nil
		case int64:
			*d = float64(v)
			return nil
		}
	default:
		if n, ok := v.(int64); ok {
			return assignInt(dest, n)
		}
	}
	return fmt.Errorf("%T does not fit %T", v, dest)
}

func assignInt(dest any, n int64) error {
	switch d := dest.(type) {
	case *int64:
		*d = n
	case *int:
		*d = int(n)
	case *bool:
		*d = n != 0
	default:
		return fmt.Errorf("an integer does not fit %T", dest)
	}
	return nil
}
