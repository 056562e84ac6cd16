package proto

// Answer is a message by which the controller answers a client's question.
type Answer interface {
	Message
	// Answers returns the number that the question had, and what is said in the place of an answer: nil or an empty Error where there is one.
	Answers() (question uint64, failed *Error)
}

// Answers makes it an [Answer].
func (m *Status) Answers() (question uint64, failed *Error) { return m.Seq, nil }

// Answers makes it an [Answer].
func (m *Environment) Answers() (question uint64, failed *Error) { return m.Seq, nil }

// Answers makes it an [Answer].
func (m *Invitations) Answers() (question uint64, failed *Error) { return m.Seq, &m.Error }

// Answers makes it an [Answer].
func (m *Profiles) Answers() (question uint64, failed *Error) { return m.Seq, &m.Error }

// Answers makes it an [Answer].
func (m *Sets) Answers() (question uint64, failed *Error) { return m.Seq, &m.Error }

// Answers makes it an [Answer].
func (m *Parcels) Answers() (question uint64, failed *Error) { return m.Seq, &m.Error }
