import { readFile } from 'node:fs/promises'

/** What Secrets Manager would hand out. */
export type Secret =
  | { readonly kind: 'found'; readonly username: string; readonly accessToken: string }
  | { readonly kind: 'missing' }
  /** The file that stands for Secrets Manager can't be read. */
  | { readonly kind: 'inaccessible' }
  /** It holds something, which is no login. */
  | { readonly kind: 'undecryptable' }

export interface Secrets {
  /** The secret of an ARN; read anew each time, as secrets are rotated. */
  find(arn: string): Promise<Secret>
}

/**
 * Secrets in a JSON file, `{"<ARN or name>": {"username": "…", "accessToken": "…"}}`: the two members that ECR
 * asks for (user guide, "Storing your upstream repository credentials").
 */
export function openSecrets(file: string | undefined): Secrets {
  return {
    async find(arn) {
      if (file === undefined) return { kind: 'missing' }
      const secrets = await readSecrets(file).catch(() => undefined)
      if (!secrets) return { kind: 'inaccessible' }
      const name = namesOf(arn).find((candidate) => Object.hasOwn(secrets, candidate))
      if (name === undefined) return { kind: 'missing' }
      const { username, accessToken } = Object(secrets[name])
      if (typeof username !== 'string' || typeof accessToken !== 'string') return { kind: 'undecryptable' }
      return { kind: 'found', username, accessToken }
    },
  }
}

/** @throws when the file is not there, or holds no JSON object */
export async function readSecrets(file: string): Promise<Record<string, unknown>> {
  const secrets = parseJson(await readFile(file, 'utf8'))
  if (typeof secrets !== 'object' || secrets === null || Array.isArray(secrets))
    throw new SyntaxError('It holds no object')
  return secrets as Record<string, unknown>
}

/** Without the words of JSON.parse, which quote what it stumbled over: it may be a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError('It holds no JSON')
  }
}

/** What a secret may be called in the file: its ARN, its name, and that without the six random characters. */
function namesOf(arn: string): string[] {
  const name = arn.split(':secret:')[1] ?? arn
  return [arn, name, name.replace(/-[a-zA-Z0-9]{6}$/, '')]
}
