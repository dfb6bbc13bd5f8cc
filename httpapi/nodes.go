package httpapi

import (
	"context"
	"net/http"

	"curlew/outreach"
)

// Nodes are the processes that share the database.
type Nodes interface {
	Nodes(ctx context.Context) (outreach.NodeList, error)
	// DrainNode makes a node claim nothing, or claim again; outreach.ErrNotFound if there is none of that name.
	DrainNode(ctx context.Context, name string, on bool) error
}

type nodeInput struct {
	Name string `path:"name" maxLength:"253"`
}

type nodesOutput struct{ Body outreach.NodeList }

type nodeOutput struct{ Body outreach.NodeStatus }

func (s *Server) mountNodes() {
	const tag = "Administration"
	route(s, operation{id: "list-nodes", method: http.MethodGet, path: "/nodes", tag: tag, summary: "The nodes, their leader and what is wrong with them"},
		func(ctx context.Context, _ *struct{}) (*nodesOutput, error) {
			list, err := s.Nodes.Nodes(ctx)
			list.Items = emptyNotNull(list.Items)
			return &nodesOutput{Body: list}, err
		})
	route(s, operation{id: "drain-node", method: http.MethodPost, path: "/nodes/{name}/drain", tag: tag, summary: "Let a node finish its calls and claim nothing more",
		text: "The others take over. It is empty once its state is drained; it claims again after resume or a restart."},
		func(ctx context.Context, in *nodeInput) (*nodeOutput, error) { return s.drainNode(ctx, in.Name, true) })
	route(s, operation{id: "resume-node", method: http.MethodPost, path: "/nodes/{name}/resume", tag: tag, summary: "Let a drained node claim again"},
		func(ctx context.Context, in *nodeInput) (*nodeOutput, error) { return s.drainNode(ctx, in.Name, false) })
}

func (s *Server) drainNode(ctx context.Context, name string, on bool) (*nodeOutput, error) {
	if err := s.Nodes.DrainNode(ctx, name, on); err != nil {
		return nil, err
	}
	list, err := s.Nodes.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range list.Items {
		if n.Name == name {
			return &nodeOutput{Body: n}, nil
		}
	}
	return nil, outreach.ErrNotFound // it has stopped meanwhile
}
