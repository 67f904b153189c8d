// A bare node:http server that does nothing but answer: what a request costs there before anything is done for it.
import { createServer } from 'node:http';

const answer = '{"seq":1,"epoch":"0f726cu92ay7","ts":1764000000000}';
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length });
    response.end(answer);
  });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.address().port));
