// The base protocol's join, leave, broadcast and ping on Node with the npm package ws: one process, one thread, no checks
// beyond what it needs. Usage: node ws_hub.mjs [PORT]
//
// Fairness: each outgoing frame has the same bytes as Switchboard's (room, content, sender, sequence number, time stamp)
// and is encoded once per message, header included, then written to every member's socket: the quickest way this
// library allows (its own send() would build the header once per member). A ping every 25 s; no life from one ping to the next ends a connection.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const port = Number(process.argv[2] ?? process.env.PORT ?? 9002);
const backpressure_limit_bytes = 64 << 20; // per connection; past it messages are dropped
const rooms = new Map(); // room id -> {seq, prefix: the push up to its content, members: sockets}

function room_of(id) {
  let room = rooms.get(id);
  if (room === undefined) {
    room = { seq: 0, prefix: `{"type":"broadcast","room_id":${JSON.stringify(id)},"content":`, members: new Set() };
    rooms.set(id, room);
  }
  return room;
}

// An unmasked, final text frame (RFC 6455 section 5.2).
function text_frame(text) {
  const bytes = Buffer.byteLength(text);
  const header = bytes < 126 ? 2 : bytes < 65536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + bytes);
  frame[0] = 0x81;
  if (header === 2) {
    frame[1] = bytes;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  frame.write(text, header);
  return frame;
}

function broadcast(ws, command) {
  const room = room_of(command.room_id);
  room.seq += 1;
  const frame = text_frame(
    room.prefix + JSON.stringify(command.content) + `,"sender":${ws.sender},"seq":${room.seq},"ts":${Date.now()}}`,
  );
  for (const socket of room.members) {
    if (socket.writableLength < backpressure_limit_bytes) socket.write(frame);
  }
}

function handle(ws, data) {
  const command = JSON.parse(data);
  switch (command.type) {
    case "broadcast":
      broadcast(ws, command);
      break;
    case "join":
      ws.sender = JSON.stringify(command.user_id);
      room_of(command.room_id).members.add(ws.socket);
      ws.joined.add(command.room_id);
      ws.send(`{"type":"joined","room_id":${JSON.stringify(command.room_id)}}`);
      break;
    case "leave":
      rooms.get(command.room_id)?.members.delete(ws.socket);
      ws.joined.delete(command.room_id);
      ws.send(`{"type":"left","room_id":${JSON.stringify(command.room_id)}}`);
      break;
    case "ping":
      ws.send('{"type":"pong"}');
      break;
  }
}

const server = createServer((_, response) => response.writeHead(426).end("a WebSocket endpoint\n"));
const hub = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 1 << 20 });

hub.on("connection", (ws, request) => {
  ws.socket = request.socket;
  ws.joined = new Set();
  ws.alive = true;
  ws.on("message", (data) => {
    ws.alive = true;
    handle(ws, data);
  });
  ws.on("pong", () => {
    ws.alive = true;
  });
  ws.on("error", () => ws.terminate());
  ws.on("close", () => {
    for (const id of ws.joined) rooms.get(id).members.delete(ws.socket);
  });
});

setInterval(() => {
  for (const ws of hub.clients) {
    if (!ws.alive) {
      ws.terminate();
      continue;
    }
    ws.alive = false;
    ws.ping();
  }
}, 25_000);

server.listen({ host: "127.0.0.1", port, backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
