import type { Emulator } from './emulator.ts'

/** Calls the operator's door, with JSON or with a text that may be none. */
export async function operate(
  ecr: Emulator,
  method: string,
  path: string,
  body?: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
): Promise<{ status: number; body: any }> {
  const response = await fetch(`${ecr.server.url}/_ecr-local/${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
