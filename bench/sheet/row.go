// Package sheet holds what every benchmark answers with. It knows none of them.
package sheet

// Row is one figure beside a peer or a limit that was measured or named in the same run. What Ratio divides stands
// with each benchmark: over 1 is better than the peer, unless Name says otherwise.
type Row struct {
	Name       string  `json:"name"`
	Figure     float64 `json:"figure"`
	Unit       string  `json:"unit"`
	Peer       string  `json:"peer"`
	PeerFigure float64 `json:"peer_figure"`
	Ratio      float64 `json:"ratio"`
}

// Of is the row with these values, in the order of its fields.
func Of(name string, figure float64, unit, peer string, peerFigure, ratio float64) Row {
	return Row{Name: name, Figure: figure, Unit: unit, Peer: peer, PeerFigure: peerFigure, Ratio: ratio}
}
