set -e
wget https://example.com
