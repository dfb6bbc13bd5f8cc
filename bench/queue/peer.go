package queuebench

import "context"

// BareRate is the peer on its own: n rows a second by so many workers, in a new file at path.
func BareRate(ctx context.Context, path string, workers, n int) (float64, error) {
	return bareRate(ctx, path, workers, n)
}
