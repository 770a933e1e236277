// Package curfewdeadline turns X-Curfew-Timeout-Ms into the deadline of a request's context, which
// database/sql, net/http and gRPC honour. Go 1.19. One file, no dependency. See the README.md
// beside it.
//
//	http.ListenAndServe(address, curfewdeadline.Handler(mux))
//
//	rows, err := db.QueryContext(r.Context(), "SELECT ...")          // cancelled in the database
//	request, _ := http.NewRequestWithContext(r.Context(), "GET", url, nil)
//	curfewdeadline.SetHeader(request)                                // and the next service knows
package curfewdeadline

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Field is the header field that carries the time left, in milliseconds.
const Field = "X-Curfew-Timeout-Ms"

const noTimeLeft = `{"type":"urn:curfew:error:no-time-left",` +
	`"title":"Too little time is left to begin.","status":504}`

type unlimited struct{}

// Handler gives each request's context its deadline. What has expired is answered with 504; a field
// that is no number, or of more than 34 years (41 bits), is ignored.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		left, err := strconv.ParseInt(strings.TrimSpace(r.Header.Get(Field)), 10, 41)
		if err != nil {
			next.ServeHTTP(w, r)
		} else if left <= 0 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusGatewayTimeout)
			w.Write([]byte(noTimeLeft))
		} else {
			parent := context.WithValue(r.Context(), unlimited{}, r.Context())
			limited, cancel := context.WithTimeout(parent, time.Duration(left)*time.Millisecond)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(limited))
		}
	})
}

// Unlimited gives a request's context back without the deadline, for what a handler does after its
// response has begun: Curfew's deadline ends with the response's head, so a long download or an
// event stream is under none. It still ends when the client leaves.
func Unlimited(ctx context.Context) context.Context {
	if parent, ok := ctx.Value(unlimited{}).(context.Context); ok {
		return parent
	}
	return ctx
}

// SetHeader tells the next service what is left of the time of the request's own context: rounded
// down, at least 1 ms.
func SetHeader(request *http.Request) {
	if at, ok := request.Context().Deadline(); ok {
		left := time.Until(at).Milliseconds()
		if left < 1 {
			left = 1
		}
		request.Header.Set(Field, strconv.FormatInt(left, 10))
	}
}
