package outreach

import "time"

// Role is what a person at the console may do.
type Role string

// The roles. An admin may everything; an operator works with transactions, pauses and opt-outs; a viewer
// only reads.
const (
	RoleAdmin    Role = "admin"
	RoleOperator Role = "operator"
	RoleViewer   Role = "viewer"
)

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return r == RoleAdmin || r == RoleOperator || r == RoleViewer }

// User is a person who signs in at the console. Hash is bcrypt's, never the password; Epoch rises
// whenever sessions that began before must end.
type User struct {
	Name       string
	Role       Role
	Hash       string
	Epoch      int64
	CreatedAt  time.Time
	DisabledAt time.Time
}
