import type { Envelope } from '../domain/events.ts'
import { callService } from '../protocol/client.ts'

/** Where events are sent to. */
export interface EventTarget {
  /** What tells this target from others in the store. */
  readonly name: string
  /** @throws when the event was not taken */
  send(event: Envelope, signal: AbortSignal): Promise<void>
}

/**
 * Posts each event, as JSON, to a URL; a user and password in it as HTTP Basic. Wherever a URL of this kind has its
 * secret, a failure is told without it.
 */
export function webhook(url: string): EventTarget {
  const { origin, username, password } = new URL(url)
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  const headers = {
    'content-type': 'application/json',
    ...(username && { authorization: `Basic ${login.toString('base64')}` }),
  }
  // fetch takes no URL with a login.
  const address = Object.assign(new URL(url), { username: '', password: '' })
  return {
    name: `webhook ${url}`,
    async send(event, signal) {
      const body = JSON.stringify(event)
      // A client that follows a redirection may turn the POST into a GET, by which the event is lost.
      const response = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`${origin} answered an event with ${response.status}`)
    },
  }
}

/**
 * Puts each event on the default bus of an EventBridge, as whoever owns the registry.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBridge(url: string): EventTarget {
  const { origin } = new URL(url)
  return {
    name: `eventbridge ${url}`,
    async send(event, signal) {
      const { source, account, region, time, resources, detail } = event
      const endpoint = { url, region, accessKeyId: account, secretAccessKey: 'test' }
      const entry = {
        Source: source,
        DetailType: event['detail-type'],
        Detail: JSON.stringify(detail),
        Resources: resources,
        Time: Date.parse(time) / 1000,
      }
      const answer = (await callService(
        endpoint,
        'events',
        'AWSEvents.PutEvents',
        { Entries: [entry] },
        signal,
      )) as {
        FailedEntryCount?: number
        Entries?: { ErrorCode?: string; ErrorMessage?: string }[]
      }
      if (!answer.FailedEntryCount) return
      const { ErrorCode, ErrorMessage } = answer.Entries?.[0] ?? {}
      throw new Error(`${origin} refused an event: ${ErrorCode} ${ErrorMessage ?? ''}`)
    },
  }
}
