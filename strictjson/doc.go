// Package strictjson reads JSON that people and foreign systems write, and finds everything that is wrong with its
// shape at once: syntax, names that do not exist, names given twice, wrong types, data after the end. Each problem has
// its JSON pointer and line. Names must match exactly, letter case included, unlike encoding/json's.
//
// It knows Go types and their json tags; what the values mean is for others to check.
package strictjson
