// A backend with the Go adapter: integration_backend PORT DATABASE_URL HUNG_URL
// GET /left tells the time left in milliseconds. /query sleeps in the database for a minute, /call
// waits for a service that hangs; each answers how it ended, and /last tells how the last one did.
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
	end := func(w http.ResponseWriter, r *http.Request, err error) {
		last.Store(fmt.Sprint(r.URL.Path, " ", err))
		fmt.Fprint(w, last.Load())
	}
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
		case "/query":
			_, err := database.ExecContext(r.Context(), "SELECT pg_sleep(60)")
			end(w, r, err)
		case "/call":
			onward, _ := http.NewRequestWithContext(r.Context(), "GET", os.Args[3], nil)
			curfewdeadline.SetHeader(onward)
			_, err := http.DefaultClient.Do(onward)
			end(w, r, err)
		}
	}
	handler := curfewdeadline.Handler(http.HandlerFunc(answer))
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], handler))
}
