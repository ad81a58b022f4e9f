# A Worker whose images binding and whose every fetch lead to tintype. The addresses are placeholders; tests/workerd.rs
# gives the real ones on the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
        (name = "worker.mjs", esModule = embed "worker.mjs"),
        (name = "binding.mjs", esModule = embed "binding.mjs"),
        (name = "check.mjs", esModule = embed "check.mjs"),
        (name = "fetch.mjs", esModule = embed "fetch.mjs"),
        (name = "golden.mjs", esModule = embed "golden.mjs"),
        (name = "hosted.mjs", esModule = embed "hosted.mjs"),
        (name = "pictures.mjs", esModule = embed "pictures.mjs"),
      ],
      compatibilityDate = "2026-11-01",
      globalOutbound = "outbound",
      bindings = [
        (name = "IMAGES", wrapped = (
          moduleName = "cloudflare-internal:images-api",
          innerBindings = [(name = "fetcher", service = "images-backend")])),
        (name = "STORED", wrapped = (
          moduleName = "cloudflare-internal:images-api",
          innerBindings = [(name = "fetcher", service = "hosted")])),
        (name = "BACKEND", service = "images-backend"),
        (name = "ORIGIN", service = "origin"),
        (name = "ORIGIN_URL", fromEnvironment = "ORIGIN_URL"),
      ])),
    (name = "hosted", worker = (
      modules = [(name = "hosted.mjs", esModule = embed "../../examples/workers/hosted.mjs")],
      compatibilityDate = "2026-11-01",
      bindings = [
        (name = "BACKEND", service = "images-backend"),
        (name = "ACCOUNT", fromEnvironment = "ACCOUNT"),
        (name = "TOKEN", fromEnvironment = "TOKEN"),
      ])),
    (name = "images-backend", external = (address = "127.0.0.1:1", http = (style = host))),
    (name = "outbound", external = (address = "127.0.0.1:1", http = (style = proxy, cfBlobHeader = "X-CF-Blob"))),
    (name = "origin", external = (address = "127.0.0.1:1", http = (style = host))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
