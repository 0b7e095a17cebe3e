// What the Node opponents share: commands come one a line on standard input, as JSON,
// and each is answered with one line on standard output. The end of standard input ends
// the process, so that none outlives its test.
import http from 'node:http';
import readline from 'node:readline';

// Libraries greet and warn on standard output, which is for answers.
console.log = console.info = console.warn = console.error;

// The time is the real one plus what commands add to it.
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// serve answers commands, and requests by the Host that they are for: sites.get(host).
export function serve(sites, command) {
  const server = http.createServer((request, response) => {
    const site = sites.get(request.headers.host);
    if (!site) {
      response.writeHead(404).end(`no site for ${request.headers.host}`);
      return;
    }
    site(request, response);
  });
  server.listen(0, '127.0.0.1', async () => {
    say({ address: `127.0.0.1:${server.address().port}` });
    for await (const line of readline.createInterface({ input: process.stdin })) {
      try {
        const { ahead: seconds, ...given } = JSON.parse(line);
        if (seconds !== undefined) {
          ahead = seconds * 1000;
        } else {
          await command(given);
        }
        say({});
      } catch (error) {
        say({ error: error.stack });
      }
    }
    process.exit(0);
  });
}
