import { type Config, UnusableConfig } from '../config.ts'
import { readSecrets } from '../upstream/secrets.ts'

/**
 * Where upstreams are instead, by their hosts.
 *
 * @throws UnusableConfig for a host that is none of ECR's upstreams: no rule could ever lead there
 */
export async function elsewhereOf({ upstream }: Pick<Config, 'upstream'>): Promise<Map<string, string>> {
  if (upstream.length === 0) return new Map()
  const { upstreamAt } = await import('../rules/pull-through.ts')
  return new Map(
    upstream.map((entry) => {
      const separator = entry.indexOf('=')
      const host = entry.slice(0, separator)
      if (!upstreamAt(host))
        throw new UnusableConfig(`--upstream names "${host}", which is no registry that ECR pulls through`)
      return [host, new URL(entry.slice(separator + 1)).origin]
    }),
  )
}

/** @throws UnusableConfig for a file that is not there, or holds no secrets */
export async function checkSecrets(file: string | undefined): Promise<void> {
  if (file === undefined) return
  try {
    await readSecrets(file)
  } catch (error) {
    const { message } = error as Error
    throw new UnusableConfig(`--secrets ${file} can't be used: ${message}`, { cause: error })
  }
}
