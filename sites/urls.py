from django.urls import path

from sites import review_views, views

app_name = "sites"
urlpatterns = [
    path("agreements/<int:pk>/", views.AgreementDetail.as_view(), name="agreement_detail"),
    path("sites/", views.SiteList.as_view(), name="site_list"),
    path("sites/<int:pk>/", views.SiteDetail.as_view(), name="site_detail"),
    # Renewal reviews
    path("reviews/", review_views.ReviewList.as_view(), name="review_list"),
    path("reviews/<int:pk>/", review_views.ReviewDetail.as_view(), name="review_detail"),
    path("reviews/<int:pk>/<str:edition>.pdf", review_views.ReviewPdf.as_view(), name="review_pdf"),
    path("reviews/<int:pk>/refresh/", review_views.ReviewRefresh.as_view(), name="review_refresh"),
    path("reviews/<int:pk>/agree/", review_views.ReviewAgree.as_view(), name="review_agree"),
    path("agreements/<int:pk>/reviews/<int:period>/", review_views.ReviewOpen.as_view(), name="review_open"),
]
