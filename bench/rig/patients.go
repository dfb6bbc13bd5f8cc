package rig

import (
	"fmt"

	"curlew/hims"
)

// Numbers are n fictional numbers (555-01xx of the areas of North America) that a phone could have. The
// last two digits choose what the simulated patient does and are taken from behaviours in turn.
func Numbers(n int, behaviours []int) []string {
	var areas []string
	for area := 201; area < 1000; area++ {
		if _, err := hims.E164(fmt.Sprintf("+1%d5550101", area)); err == nil {
			areas = append(areas, fmt.Sprint(area))
		}
	}
	out := make([]string, n)
	seen := map[int]int{}
	for i := range out {
		b := behaviours[i%len(behaviours)]
		out[i] = fmt.Sprintf("+1%s55501%02d", areas[seen[b]%len(areas)], b)
		seen[b]++
	}
	return out
}

// Scattered is the nth of many numbers that come in no order, as patients do.
func Scattered(n int) string { return fmt.Sprintf("+1202%07d", 2000000+n*2654435761%7999993) }
