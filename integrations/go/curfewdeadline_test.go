package curfewdeadline

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

func serve(field string, handler http.HandlerFunc) *httptest.ResponseRecorder {
	request := httptest.NewRequest("GET", "/", nil)
	if field != "none" {
		request.Header.Set(Field, field)
	}
	recorder := httptest.NewRecorder()
	Handler(handler).ServeHTTP(recorder, request)
	return recorder
}

func TestWithoutTheFieldAndWithNonsenseNothingLimits(t *testing.T) {
	for _, field := range []string{"none", "", "soon", "1.5", "1e3", "0x10", "1234567890123456"} {
		serve(field, func(w http.ResponseWriter, r *http.Request) {
			if _, limited := r.Context().Deadline(); limited {
				t.Errorf("%q limits", field)
			}
		})
	}
}

func TestTheDeadlineIsNeverLaterThanWhatWasGiven(t *testing.T) {
	latest := time.Now().Add(1600 * time.Millisecond)
	serve(" 1500 ", func(w http.ResponseWriter, r *http.Request) {
		if at, limited := r.Context().Deadline(); !limited || at.After(latest) {
			t.Errorf("%v %v", at, limited)
		}
	})
}

func TestZeroAndLessAreOverBeforeTheWorkBegins(t *testing.T) {
	for _, field := range []string{"0", "-1", "-30000"} {
		answer := serve(field, func(http.ResponseWriter, *http.Request) { t.Error("it began") })
		var problem struct{ Type string }
		err := json.Unmarshal(answer.Body.Bytes(), &problem)
		if err != nil || answer.Code != 504 || problem.Type != "urn:curfew:error:no-time-left" {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	}
}

func TestWhatHangsIsCancelled(t *testing.T) {
	serve("20", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		if r.Context().Err() != context.DeadlineExceeded {
			t.Error(r.Context().Err())
		}
		if Unlimited(r.Context()).Err() != nil {
			t.Error("what streams was cut")
		}
	})
}

func TestEachRequestOfAConnectionHasItsOwnAfterItsBodyToo(t *testing.T) {
	callers := map[string]bool{}
	server := httptest.NewServer(Handler(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			callers[r.RemoteAddr] = true
			io.Copy(io.Discard, r.Body)
			at, limited := r.Context().Deadline()
			fmt.Fprint(w, limited, limited && time.Until(at) <= time.Second)
		})))
	defer server.Close()
	for field, expected := range map[string]string{
		"60000": "true false", "": "false false", "1000": "true true"} {
		request, _ := http.NewRequest("POST", server.URL, strings.NewReader(strings.Repeat("y", 300000)))
		request.Header.Set(Field, field)
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != expected {
			t.Errorf("%q: %s", field, body)
		}
	}
	if len(callers) != 1 {
		t.Error(callers)
	}
}

func TestALongTimeDoesNotOverflow(t *testing.T) {
	for _, field := range []string{"1099511627775", "1099511627776", "999999999999999"} {
		serve(field, func(w http.ResponseWriter, r *http.Request) {
			if r.Context().Err() != nil {
				t.Error(field, r.Context().Err())
			}
		})
	}
}

func TestTheNextServiceIsTold(t *testing.T) {
	serve("2000", func(w http.ResponseWriter, r *http.Request) {
		onward, _ := http.NewRequestWithContext(r.Context(), "GET", "http://localhost/", nil)
		SetHeader(onward)
		left, err := strconv.Atoi(onward.Header.Get("X-Curfew-Timeout-Ms"))
		if err != nil || left > 2000 || left < 1000 {
			t.Error(left, err)
		}
	})
	over, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	late, _ := http.NewRequestWithContext(over, "GET", "http://localhost/", nil)
	SetHeader(late)
	if late.Header.Get(Field) != "1" {
		t.Error("zero is no limit to many")
	}
	unlimited, _ := http.NewRequest("GET", "http://localhost/", nil)
	SetHeader(unlimited)
	if unlimited.Header.Get(Field) != "" {
		t.Error("nothing limits it")
	}
}
