// Package channelsbench measures the messages of curlew serve from outside: ten thousand that fall due at one
// instant leave at the configured rate through a provider that takes 300 ms for each answer; the response pages
// that their links lead to are opened; their status callbacks come back. Curlew is a process of its own; the
// provider and the load are this one. It refuses to know how Curlew works inside.
package channelsbench
