import type { Registry } from '../rules/registry.ts'
import { UnusableRequest } from './errors.ts'

/** @throws UnusableRequest */
export function parseRegistry(text: string): Registry {
  const match = /^([0-9]{12})\/([a-z0-9-]{2,25})$/.exec(text)
  if (!match)
    throw new UnusableRequest(
      `"registry" is "<account>/<region>", such as "000000000000/us-east-1"; got "${text}"`,
    )
  const [, accountId = '', region = ''] = match
  return { accountId, region }
}
