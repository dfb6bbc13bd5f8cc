package outreach

// validate finds everything that is wrong with the document, and what drafts still lack.
func (s *Snapshot) validate() (problems, warnings Problems) {
	if _, err := loadZone(s.Document.Facility.TimeZone); err != nil {
		problems = append(problems, Problem{Pointer: "/facility/time_zone", Detail: err.Error()})
	}
	if len(s.Document.Facility.Languages) == 0 {
		problems = append(problems, Problem{Pointer: "/facility/languages", Detail: "no language"})
	}
	return problems, warnings
}
