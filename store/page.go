package store

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	pageDefault = 100
	pageMax     = 1000
)

func pageSize(limit int) int {
	if limit <= 0 {
		return pageDefault
	}
	return min(limit, pageMax)
}

// CursorError is a cursor that this store never gave.
type CursorError struct{ Cursor string }

func (e *CursorError) Error() string { return fmt.Sprintf("%q is no cursor of a page", e.Cursor) }

func cursorInt(cursor string, start int64) (int64, error) {
	if cursor == "" {
		return start, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, &CursorError{Cursor: cursor}
	}
	return n, nil
}

// filter gathers the conditions of a query.
type filter struct {
	conditions []string
	args       args
}

// add appends a condition whose %s are the placeholders of the values, in order.
func (f *filter) add(condition string, values ...any) {
	marks := make([]any, len(values))
	for i, v := range values {
		f.args = append(f.args, v)
		marks[i] = "$" + strconv.Itoa(len(f.args))
	}
	f.conditions = append(f.conditions, fmt.Sprintf(condition, marks...))
}

// where returns the WHERE clause, "" without conditions.
func (f *filter) where() string {
	if len(f.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.conditions, " AND ")
}

// limit returns the LIMIT clause.
func (f *filter) limit(n int) string {
	f.args = append(f.args, int64(n))
	return " LIMIT $" + strconv.Itoa(len(f.args))
}

// like returns a LIKE pattern that finds text anywhere; the escape character is \.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lower(text)) + "%"
}
