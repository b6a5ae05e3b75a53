import { caFile, PASSWORD, type Tool } from './settings.ts'

/** The Docker engine. It has mirrors for Docker Hub only: the real name has to lead here by the hosts file. */
export const docker: Tool = {
  directory: () => '/etc/docker/certs.d',
  settings({ directory, url, realHost, ca }) {
    const names = [url.host, realHost]
    return {
      files: names.flatMap((name) => caFile(`${directory}/${name}/ca.crt`, ca)),
      steps: `${PASSWORD} | docker login -u AWS --password-stdin ${url.host}
docker pull ${url.host}/NAME:TAG
Docker takes localhost and 127.0.0.0/8 without any settings. For the real name, which has no port,
start the server with --tls --port 443 and add to /etc/hosts
  127.0.0.1 ${realHost}
Without --tls it is --port 80 and, in /etc/docker/daemon.json,
  { "insecure-registries": ["${realHost}"] }`,
    }
  },
}
