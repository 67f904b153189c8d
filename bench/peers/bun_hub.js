// The base protocol's join, leave, broadcast and ping on Bun.serve (uWebSockets inside): one process, one thread, no
// checks beyond what it needs. Usage: bun bun_hub.js [PORT]
//
// Fairness: Bun's own publish/subscribe does the fan-out; each outgoing frame has the same bytes as Switchboard's (room,
// content, sender, sequence number, time stamp) and is built once per message, by concatenation, which is measurably
// faster here than JSON.stringify of the whole push. Bun pings by itself and closes after 60 s of silence.
const port = Number(process.argv[2] ?? process.env.PORT ?? 9001);
const rooms = new Map(); // room id -> {seq, prefix: the push up to its content}

function room_of(id) {
  let room = rooms.get(id);
  if (room === undefined) {
    room = { seq: 0, prefix: `{"type":"broadcast","room_id":${JSON.stringify(id)},"content":` };
    rooms.set(id, room);
  }
  return room;
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port,
  fetch(request, self) {
    if (self.upgrade(request, { data: { sender: "" } })) return undefined;
    return new Response("a WebSocket endpoint\n", { status: 426 });
  },
  websocket: {
    idleTimeout: 60, // seconds; pings are sent in time to keep an answering client
    sendPings: true,
    perMessageDeflate: false,
    maxPayloadLength: 1 << 20,
    backpressureLimit: 64 << 20, // bytes per connection; past it messages are dropped
    closeOnBackpressureLimit: false,
    message(ws, text) {
      const command = JSON.parse(text);
      switch (command.type) {
        case "broadcast": {
          const room = room_of(command.room_id);
          room.seq += 1;
          server.publish(
            command.room_id,
            room.prefix +
              JSON.stringify(command.content) +
              `,"sender":${ws.data.sender},"seq":${room.seq},"ts":${Date.now()}}`,
          );
          break;
        }
        case "join":
          ws.data.sender = JSON.stringify(command.user_id);
          ws.subscribe(command.room_id);
          ws.send(`{"type":"joined","room_id":${JSON.stringify(command.room_id)}}`);
          break;
        case "leave":
          ws.unsubscribe(command.room_id);
          ws.send(`{"type":"left","room_id":${JSON.stringify(command.room_id)}}`);
          break;
        case "ping":
          ws.send('{"type":"pong"}');
          break;
      }
    },
  },
});

console.log(`listening on 127.0.0.1:${server.port}`);
