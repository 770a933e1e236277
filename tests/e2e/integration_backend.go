// A backend with the Go adapter: integration_backend PORT DSN
// GET /left tells the time left in milliseconds. /query sleeps in the database for a minute; /last
// tells how the last one ended.
package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"curfewdeadline"

	_ "github.com/lib/pq"
)

func main() {
	database, err := sql.Open("postgres", os.Args[2])
	if err != nil {
		panic(err)
	}
	var last atomic.Value
	last.Store("nothing ended yet")
	answer := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/left":
			at, limited := r.Context().Deadline()
			if !limited {
				fmt.Fprint(w, "none")
				return
			}
			fmt.Fprint(w, time.Until(at).Milliseconds())
		case "/last":
			fmt.Fprint(w, last.Load())
		default:
			_, err := database.ExecContext(r.Context(), "SELECT pg_sleep(60)")
			last.Store(fmt.Sprint(err))
		}
	}
	handler := curfewdeadline.Handler(http.HandlerFunc(answer))
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], handler))
}
