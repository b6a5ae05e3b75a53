import { describe, expect, it } from 'vitest'
import { targetOf } from '../../src/upstream/http.ts'
import { UpstreamError } from '../../src/upstream/upstream.ts'

describe('targetOf', () => {
  it.each([
    ['/blob?a=b', 'https://quay.io/v2/', 'https://quay.io/blob?a=b'],
    ['https://cdn.test/blob', 'https://quay.io/v2/', 'https://cdn.test/blob'],
    ['https://cdn.test/blob', 'http://localhost:5000/v2/', 'https://cdn.test/blob'],
    ['http://localhost:1/blob', 'http://localhost:5000/v2/', 'http://localhost:1/blob'],
  ])('goes to %s from %s', (location, from, target) => {
    expect(targetOf(location, new URL(from)).href).toBe(target)
  })

  it.each([
    ['http://quay.io/blob', 'https://quay.io/v2/'],
    ['http://169.254.169.254/', 'https://quay.io/v2/'],
    ['http://169.254.169.254/', 'http://localhost:5000/v2/'],
    ['http://2852039166/', 'http://localhost:5000/v2/'],
    ['http://[::ffff:169.254.169.254]/', 'http://localhost:5000/v2/'],
    ['https://[fe80::1]/', 'https://quay.io/v2/'],
    ['http://[fd00:ec2::254]/', 'http://localhost:5000/v2/'],
    ['file:///etc/passwd', 'http://localhost:5000/v2/'],
    ['data:,x', 'https://quay.io/v2/'],
    ['http://[', 'http://localhost:5000/v2/'],
  ])('does not go to %s from %s', (location, from) => {
    expect(() => targetOf(location, new URL(from))).toThrow(UpstreamError)
  })
})
