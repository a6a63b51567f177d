// The content security policy allows no inline script and no worker, which the search would need.
Redoc.init(
  '/v1/openapi.json',
  { disableSearch: true, hideDownloadButton: false, sortOperationsAlphabetically: false, requiredPropsFirst: true },
  document.getElementById('reference'),
)
