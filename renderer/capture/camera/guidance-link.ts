/** As `/api/captures` answers a frame. */
export type FrameAnswer =
  | { is: 'guidance'; good: boolean; worst?: { step: string; code: string }; passed: string[] }
  | { is: 'dropped' }
  | { is: 'refused'; code: string; message: string };

export interface GuidanceLink {
  /** Resolves when the frame is answered: send the next one then. Rejects when the box cannot be reached; the next call tries anew. */
  send(frame: Blob): Promise<FrameAnswer>;
  close(): void;
}

interface Transport {
  send(frame: Blob): Promise<FrameAnswer>;
  close(): void;
}

const ADDRESS = '/api/captures';
/** Milliseconds until a WebSocket has to be ready, and a frame answered. */
const PATIENCE = 5_000;

/** Guidance over a WebSocket; where none gets through, by one request for each frame. `open`: makes a camera session. */
export function createGuidanceLink(open: () => Promise<{ token: string }>): GuidanceLink {
  let transport: Promise<Transport> | undefined;
  let closed = false;
  let socketFails = false;

  async function connect(): Promise<Transport> {
    const { token } = await open();
    if (!socketFails) {
      try {
        return await openSocket(token);
      } catch {
        socketFails = true;
      }
    }
    return posting(token);
  }

  return {
    async send(frame) {
      transport ??= connect();
      const used = transport;
      try {
        const link = await used;
        if (closed) link.close();
        return await link.send(frame);
      } catch (error) {
        if (transport === used) transport = undefined;
        used.then((link) => link.close()).catch(() => undefined);
        throw error;
      }
    },
    close() {
      closed = true;
      transport?.then((link) => link.close()).catch(() => undefined);
    },
  };
}

function openSocket(token: string): Promise<Transport> {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${ADDRESS}/live`);
  const opened = Promise.withResolvers<Transport>();
  let awaited: PromiseWithResolvers<FrameAnswer> | undefined;
  const fail = (reason: string) => {
    const error = new Error(reason);
    opened.reject(error);
    awaited?.reject(error);
    awaited = undefined;
    socket.close();
  };
  const transport: Transport = {
    send(frame) {
      const answer = Promise.withResolvers<FrameAnswer>();
      awaited = answer;
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      else fail('The connection is closed.');
      return within(answer.promise, () => fail('A frame was not answered.'));
    },
    close: () => socket.close(),
  };
  socket.onopen = () => socket.send(JSON.stringify({ token }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data) as FrameAnswer | { is: 'ready' } | { is: 'ended'; message: string };
    if (message.is === 'ready') opened.resolve(transport);
    else if (message.is === 'ended') fail(message.message);
    else {
      awaited?.resolve(message);
      awaited = undefined;
    }
  };
  socket.onclose = () => fail('The connection was closed.');
  return within(opened.promise, () => fail('The connection was not ready in time.'));
}

function posting(token: string): Transport {
  const gone = new AbortController();
  return {
    async send(frame) {
      const reply = await fetch(`${ADDRESS}/frames`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg', 'x-capture-token': token },
        body: frame,
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(PATIENCE)]),
      });
      if (!reply.ok) throw new Error(`The frame was answered ${reply.status}.`);
      return (await reply.json()) as FrameAnswer;
    },
    close: () => gone.abort(),
  };
}

async function within<T>(promise: Promise<T>, late: () => void): Promise<T> {
  const timer = setTimeout(late, PATIENCE);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
