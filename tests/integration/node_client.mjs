// A `ws` client driven line by line, for tests written in another language: node node_client.mjs URL [SUBPROTOCOL [OPTIONS]]
// OPTIONS is JSON for the WebSocket constructor; with it the first line ends with the extensions agreed on.
// Lines on standard input are sent as text messages; messages that come are printed, one a line; the end is `closed CODE`.

import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [, , url, subprotocol, options] = process.argv;
const socket = new WebSocket(url, subprotocol ? [subprotocol] : [], options ? JSON.parse(options) : {});
socket.on('open', () => {
  console.log(`open ${socket.protocol}${options ? ` ${socket.extensions}` : ''}`.trimEnd());
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => socket.send(line));
  input.on('close', () => socket.close(1000));
});
socket.on('message', (data) => console.log(data.toString()));
socket.on('close', (code) => console.log(`closed ${code}`));
socket.on('error', (error) => console.log(`error ${error.message}`));
