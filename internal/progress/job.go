package progress

import (
	"sync"
	"time"
)

// Every is how often a job says how far it is.
const Every = 5 * time.Second

// Job is work on many things of one kind. It is safe for concurrent use.
type Job struct {
	what  string
	say   func(message string)
	began time.Time

	mu    sync.Mutex
	meter meter
	said  bool

	stop  chan struct{}
	ended chan struct{}
	once  sync.Once
}

// Start begins a job and tells say every few seconds how far it is: "1200 of 5000 roles changed; …", where what is "roles
// changed". say is called by one goroutine at a time, and not after End, which has to be called; before an action returns,
// too, since nobody takes its messages afterwards. A job that is over within the first few seconds says nothing.
func Start(what string, total int, say func(message string)) *Job {
	j := &Job{what: what, say: say, began: time.Now(), meter: meter{total: total}, stop: make(chan struct{}), ended: make(chan struct{})}
	j.meter.look(j.began)
	go j.run()
	return j
}

// Done says that so many more are done.
func (j *Job) Done(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.meter.done += n
	j.meter.last = time.Now()
}

// Failed says that so many more were tried in vain.
func (j *Job) Failed(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.meter.failed += n
	j.meter.last = time.Now()
}

// End ends the job. One that has said something says what it came to.
func (j *Job) End() {
	j.once.Do(func() {
		close(j.stop)
		<-j.ended
		if j.said {
			j.say(j.outcome(time.Since(j.began)))
		}
	})
}

func (j *Job) run() {
	defer close(j.ended)
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-ticker.C:
			j.said = true
			j.say(j.state(time.Now()))
		}
	}
}
