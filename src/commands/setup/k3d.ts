import { listenNote } from './from-containers.ts'
import { caFile, ownDirectory, type Tool, trustedCa } from './settings.ts'

/** K3s in Docker: its nodes know this machine as `host.k3d.internal` (k3d, "Networking"). */
export const k3d: Tool = {
  directory: (user) => ownDirectory(user, 'k3d'),
  reaches: (url) => new URL(`${url.protocol}//host.k3d.internal:${portOf(url)}`),
  settings(target) {
    const { directory, host, realHost, url } = target
    const ca = trustedCa(target)
    const file = `${directory}/registries.yaml`
    const mirrors = [realHost, host]
      .map((name) => `  "${name}":\n    endpoint:\n      - ${url.origin}\n`)
      .join('')
    const configs = ca
      ? `configs:\n  "${url.host}":\n    tls:\n      ca_file: /etc/ssl/certs/ecr-local-ca.pem\n`
      : ''
    const volume = ca ? ` --volume ${directory}/ca.pem:/etc/ssl/certs/ecr-local-ca.pem` : ''
    return {
      files: [
        { path: file, content: `mirrors:\n${mirrors}${configs}` },
        ...caFile(`${directory}/ca.pem`, ca),
      ],
      steps: `${listenNote(target)}k3d cluster create --registry-config ${file}${volume}
Pods name images as ${realHost}/NAME:TAG or ${host}/NAME:TAG. Start the server
with --anonymous pull, or give them an imagePullSecret.`,
    }
  },
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}
