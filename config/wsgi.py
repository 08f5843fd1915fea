"""Entry point of the web server: waitress-serve config.wsgi:application"""

import os

from django.core.wsgi import get_wsgi_application

from contracts.management.garbage import look_rarely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
look_rarely()
