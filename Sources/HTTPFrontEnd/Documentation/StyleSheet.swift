/// The page's style: one column on a telephone, operations beside the text on a desk, light and dark by system.
enum StyleSheet {
    /// Its hash stands in the content security policy: nothing may be added to it while the page is written.
    static let text: StaticString = """
        :root {
          color-scheme: light dark;
          --page: #fff; --panel: #f5f6f8; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --link: #0b57a8;
          --get: #0b6e4f; --post: #0b57a8; --patch: #8a4b00; --delete: #a8201a;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #14171b; --panel: #1e2329; --ink: #e6e9ed; --soft: #a3acb7; --line: #39414b; --link: #7db7f5;
            --get: #5fd0a5; --post: #7db7f5; --patch: #eeb365; --delete: #f5918b;
          }
        }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 1rem; }
        body {
          margin: 0; background: var(--page); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        a { color: var(--link); text-underline-offset: .15em; }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -100rem; padding: .5rem 1rem; background: var(--page); }
        .skip:focus { left: 0; z-index: 1; }
        main { padding: 1rem; max-width: 54rem; }
        nav { padding: 1rem; background: var(--panel); border-bottom: 1px solid var(--line); font-size: .9rem; }
        nav p { margin: .8rem 0 .2rem; font-weight: 600; }
        nav p:first-child { margin-top: 0; }
        nav ul { list-style: none; margin: 0; padding: 0; }
        nav li a { display: flex; gap: .6rem; padding: .2rem 0; color: inherit; text-decoration: none; }
        nav li a:hover { text-decoration: underline; }
        nav .method { flex: none; width: 4.2em; }
        @media (max-width: 59.99rem) { nav { max-height: 45vh; overflow-y: auto; } }
        @media (min-width: 60rem) {
          body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
          nav {
            position: sticky; top: 0; height: 100vh; overflow-y: auto;
            border-bottom: 0; border-right: 1px solid var(--line);
          }
          main { padding: 1.5rem 2.5rem 4rem; }
        }
        h1, h2, h3, h4 { line-height: 1.25; overflow-wrap: anywhere; }
        h1 { margin: 0 0 .5rem; font-size: 1.9rem; }
        h1 small { font-size: 1rem; font-weight: 400; color: var(--soft); }
        h2 { margin: 3rem 0 .5rem; padding-top: 1rem; font-size: 1.5rem; border-top: 3px solid var(--line); }
        h3 { margin: 0 0 .4rem; font-size: 1.1rem; }
        h4 { margin: 1.6rem 0 .5rem; font-size: 1rem; }
        .operation { margin: 2rem 0; padding-top: 1.5rem; border-top: 1px solid var(--line); }
        .summary { margin: 0 0 .8rem; font-size: 1.1rem; color: var(--soft); }
        .method { font: 700 .8em/1.6 ui-monospace, "DejaVu Sans Mono", monospace; color: var(--soft); }
        .get { color: var(--get); } .post { color: var(--post); }
        .patch { color: var(--patch); } .delete { color: var(--delete); }
        code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; }
        code { padding: .1em .2em; border-radius: 3px; background: var(--panel); overflow-wrap: anywhere; }
        .path { padding: 0; background: none; font-size: 1em; }
        pre {
          margin: .6rem 0; padding: .8rem; border: 1px solid var(--line); border-radius: 6px;
          background: var(--panel); white-space: pre-wrap; overflow-wrap: anywhere;
        }
        pre code { padding: 0; }
        dl { margin: 1rem 0; display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .2rem .8rem; }
        dt { grid-column: 1; color: var(--soft); }
        dd { grid-column: 2; margin: 0; overflow-wrap: anywhere; }
        table { width: 100%; margin: .6rem 0 1rem; border-collapse: collapse; table-layout: fixed; }
        th, td { padding: .5rem .6rem .5rem 0; border-top: 1px solid var(--line); text-align: left; }
        th, td { vertical-align: top; overflow-wrap: anywhere; }
        th:first-child { width: 34%; }
        thead th { padding: .2rem 0; border: 0; font-size: .85rem; color: var(--soft); }
        tbody th { font-weight: 400; }
        td p { margin: .2rem 0 0; }
        td p:first-child { margin: 0; }
        .type { font-size: .88rem; color: var(--soft); }
        .required, .place { display: block; font-size: .8rem; color: var(--soft); }
        .required { color: var(--delete); }
        .title { margin: 1rem 0 0; font-weight: 600; }
        .status { margin: .8rem 0 .2rem; }
        details { margin: .5rem 0; }
        summary { cursor: pointer; color: var(--link); }
        @media print { nav, .skip { display: none; } details > pre { display: block; } }
        """
}
