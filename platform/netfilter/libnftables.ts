/**
 * libnftables through koffi: 0.07 ms for an element of a set, where a process of nft takes 10.
 *
 * Every call blocks until the kernel has answered, so the agent keeps this in a worker; see kernel.ts.
 *
 * @see libnftables(3)
 */
import koffi from 'koffi';
import { netfilterErrors } from './errors.ts';

/** NFT_CTX_OUTPUT_JSON: what is handed over is read as JSON first, and what comes back is JSON. */
const OUTPUT_JSON = 1 << 4;
/** Of what the library says about an error: it repeats the whole command line. */
const BECAUSE_CHARACTERS_MAX = 400;

export interface Nft {
  /**
   * @param commands JSON, or text such as `list table inet demarc`; one transaction
   * @returns what the library printed, JSON or nothing
   * @throws NFT_REFUSED and then nothing of it is in force
   */
  run(commands: string): string;
  [Symbol.dispose](): void;
}

/** @throws NFT_MISSING */
export function openLibnftables(): Nft {
  const library = load();
  const context: unknown = library.open(0);
  if (context === null) throw netfilterErrors.make('NFT_MISSING', { because: 'no context' });
  library.bufferOutput(context);
  library.bufferError(context);
  library.setFlags(context, OUTPUT_JSON);
  return {
    run: (commands) => {
      const failed = library.run(context, commands) !== 0;
      // Both buffers are emptied by reading them.
      const [output, said] = [library.output(context), library.error(context)];
      if (failed)
        throw netfilterErrors.make('NFT_REFUSED', {
          because: said.trim().slice(0, BECAUSE_CHARACTERS_MAX) || 'no reason given',
        });
      return output;
    },
    [Symbol.dispose]: () => library.close(context),
  };
}

interface Library {
  open(flags: number): unknown;
  close(context: unknown): void;
  bufferOutput(context: unknown): number;
  bufferError(context: unknown): number;
  setFlags(context: unknown, flags: number): void;
  run(context: unknown, commands: string): number;
  output(context: unknown): string;
  error(context: unknown): string;
}

let loaded: Library | undefined;

function load(): Library {
  if (loaded !== undefined) return loaded;
  try {
    const library = koffi.load('libnftables.so.1');
    loaded = {
      open: library.func('void* nft_ctx_new(uint32_t)') as Library['open'],
      close: library.func('void nft_ctx_free(void*)') as Library['close'],
      bufferOutput: library.func('int nft_ctx_buffer_output(void*)') as Library['bufferOutput'],
      bufferError: library.func('int nft_ctx_buffer_error(void*)') as Library['bufferError'],
      setFlags: library.func('void nft_ctx_output_set_flags(void*, unsigned int)') as Library['setFlags'],
      run: library.func('int nft_run_cmd_from_buffer(void*, const char*)') as Library['run'],
      output: library.func('const char* nft_ctx_get_output_buffer(void*)') as Library['output'],
      error: library.func('const char* nft_ctx_get_error_buffer(void*)') as Library['error'],
    };
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw netfilterErrors.make('NFT_MISSING', { because }, { cause });
  }
  return loaded;
}
