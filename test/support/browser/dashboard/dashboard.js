// A page of --www that uses the API on its own origin.
const NAME = 'from-the-page';

const described = ({ type, object }) => `${type} ${object.metadata.name}`;

/** The events of a watch, each as soon as its line is there. */
async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) yield described(JSON.parse(line));
  }
}

/** The same over a WebSocket, which has an event in each message. It listens at once, so that none is lost. */
function eventsOver(socket) {
  const events = new ReadableStream({
    start(controller) {
      socket.onmessage = ({ data }) => controller.enqueue(described(JSON.parse(data)));
    },
  });
  const reader = events.getReader();
  return { next: () => reader.read() };
}

/** Creates an object, and deletes it when the watch has told of it. */
async function createAndDelete(path, events) {
  const body = JSON.stringify({ metadata: { name: NAME } });
  const headers = { 'Content-Type': 'application/json' };
  const created = await fetch(path, { method: 'POST', headers, body });
  const first = await events.next();
  const deleted = await fetch(`${path}/${NAME}`, { method: 'DELETE' });
  const second = await events.next();
  return [created.status, first.value, deleted.status, second.value];
}

globalThis.names = async (path) => {
  const list = await (await fetch(path)).json();
  return list.items.map(({ metadata }) => metadata.name);
};

globalThis.watchByFetch = async (path) =>
  createAndDelete(path, eventsOf(await fetch(`${path}?watch=true`)));

globalThis.watchByWebSocket = async (path) => {
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}${path}?watch=true`);
  const events = eventsOver(socket);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onclose = reject;
  });
  return createAndDelete(path, events);
};
