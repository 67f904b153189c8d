// The same with Bun.
const answer = '{"seq":1,"epoch":"0f726cu92ay7","ts":1764000000000}';
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(Bun.argv[2] ?? 0),
  async fetch(request) {
    await request.arrayBuffer();
    return new Response(answer, { headers: { 'Content-Type': 'application/json' } });
  },
});
console.log(server.port);
