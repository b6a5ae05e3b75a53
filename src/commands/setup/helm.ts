import { caFile, ownDirectory, PASSWORD, type Tool, trustedCa, trustFlag } from './settings.ts'

/** Helm, which keeps no settings of registries: its flags say all. */
export const helm: Tool = {
  directory: (user) => ownDirectory(user, 'helm'),
  settings(target) {
    const { directory, url, realHost } = target
    const trust = trustFlag(target)
    const port = url.port && `:${url.port}`
    return {
      files: caFile(`${directory}/ca.pem`, trustedCa(target)),
      steps: `${PASSWORD} | helm registry login -u AWS --password-stdin ${url.host}${trust}
helm push CHART.tgz oci://${url.host}${trust}
helm pull oci://${url.host}/NAME --version VERSION${trust}
For the real name add to /etc/hosts
  127.0.0.1 ${realHost}
log in to ${realHost}${port}, and push to oci://${realHost}${port}.`,
    }
  },
}
