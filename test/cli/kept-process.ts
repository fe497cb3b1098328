import { switchTelemetryOff } from '../../service/lib/native-telemetry.ts';

// A process that runs one command after another: it loads the program once, which is most of what a command costs. Each
// command has its own environment and output. `createCli` starts it, and ends it by closing the channel.

/** What a command did. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface KeptCommand {
  words: readonly string[];
  env: NodeJS.ProcessEnv;
}

switchTelemetryOff();
const { runProgram } = await import('../../service/cli/program.ts');

/** What is written there until it is released goes into the text instead. */
function capture(stream: NodeJS.WriteStream): () => string {
  const { write } = stream;
  const known = new Set(stream.listeners('error'));
  const chunks: Uint8Array[] = [];
  stream.write = ((chunk: string | Uint8Array, ...more: unknown[]) => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Uint8Array.from(chunk));
    const written = more.find((one) => typeof one === 'function');
    if (written) process.nextTick(written as () => void);
    return true;
  }) as typeof write;
  return () => {
    stream.write = write;
    for (const listener of stream.listeners('error'))
      if (!known.has(listener)) stream.off('error', listener as () => void);
    return Buffer.concat(chunks).toString();
  };
}

async function run({ words, env }: KeptCommand): Promise<Ended> {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  switchTelemetryOff();
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  const code = await runProgram(words);
  return { code, stdout: stdout(), stderr: stderr() };
}

// Each worker pool listens to the end of the process.
process.setMaxListeners(0);
process.on('disconnect', () => process.exit());
process.on('message', (command: KeptCommand) => {
  void run(command).then((ended) => process.send!(ended));
});
process.send!('ready');
